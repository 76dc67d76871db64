"""Checks that a layer consists of the locked packages' verified wheels, of `common` and of product.json."""

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from compiled_regexes import COMPILED  # pants: no-infer-dep
from lean_layer import PackagingError, Rules, reduced  # pants: no-infer-dep

LAYER = "common-layer.zip"


def finished_layer(held: Mapping[str, bytes], wheels: Mapping[str, Path], rules: Rules) -> dict[str, bytes]:
    """Return the files of the finished layer: ours, and what it keeps of the verified wheels.

    Raises:
        PackagingError: It is not exactly `common`, product.json and the files of the wheels, nor what finishing keeps.
    """
    ours = {name: held[name] for name in held if name.startswith("python/common/") or name == "python/product.json"}
    if lost := sorted({"python/common/__init__.py", "python/product.json"} - held.keys()):
        raise PackagingError(f"{LAYER} lacks {lost[0]}")
    verified: dict[str, bytes] = {}
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            names = {f"python/{name}": name for name in archive.namelist() if not name.endswith("/")}
            verified |= {name: archive.read(member) for name, member in names.items() if is_of_use(name)}
    kept = reduced(verified, rules)
    found = _distributions(held)
    if difference := sorted((found - _distributions(verified)) | (_distributions(kept) - found)):
        raise PackagingError(f"{LAYER} and runtime.lock differ in {', '.join(difference)}")
    for name in held.keys() - ours.keys():
        if held[name] not in (verified.get(name), kept.get(name)):
            raise PackagingError(f"{LAYER} holds {name}, which no verified wheel holds like that")
    if lost := sorted(verified.keys() & kept.keys() - held.keys()):
        raise PackagingError(f"{LAYER} lacks {lost[0]}, which a verified wheel holds")
    return ours | kept


def _distributions(names: Iterable[str]) -> set[str]:
    """Return name and version of each distribution whose METADATA is among the names."""
    found = (re.fullmatch(r"python/([^/]+)-([^-/]+)\.dist-info/METADATA", name) for name in names)
    return {f"{_normalized(match[1])} {match[2]}" for match in found if match}


def wheels_of(pinned: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Return the verified wheel of each pinned distribution.

    Raises:
        PackagingError: The folder lacks one.
    """
    wheels = {}
    for name, version in pinned.items():
        found = [path for path in folder.glob("*.whl") if _named(path) == (name, version)]
        if len(found) != 1:
            raise PackagingError(f"no verified wheel of {name} {version} in {folder}: run build-support/package")
        wheels[name] = found[0]
    return wheels


def _named(wheel: Path) -> tuple[str, str]:
    name, version = wheel.name.split("-")[:2]
    return _normalized(name), version


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, str]:
    """Return the distributions that a lock file pins, normalized name to version."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def is_of_use(name: str) -> bool:
    """Return whether a file of a packaged zip is needed at runtime, and not one that finishing adds."""
    path = PurePosixPath(name)
    return not (
        "__pycache__" in path.parts
        or path.suffix in {".pyc", ".pyi"}
        or name == COMPILED
        # Scripts, in the zip of a layer and in a wheel.
        or name.startswith("python/bin/")
        or re.match(r"python/[^/]+\.data/scripts/", name)
        # RECORD lists the files that pip installed, which the zips change.
        or (path.name == "RECORD" and path.parent.suffix == ".dist-info")
        # Written again.
        or re.fullmatch(r"[^/]+/version\.txt", name)
    )
