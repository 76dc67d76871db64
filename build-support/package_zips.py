"""Package for Lambda: every zip, or only those whose inputs have changed since they were packaged.

A fingerprint of a zip's inputs is recorded next to it. The record is used only if the zip has the recorded SHA-256, so
a zip that was edited, half-written or replaced is packaged again.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from finish_zips import expected_zips  # pants: no-infer-dep

LAYER = "common-layer.zip"
RECORDS = "inputs.json"
# Inputs of every zip. A function does not contain libs/ but imports it, so a removed module must fail at packaging
# instead of at runtime.
_SHARED = (
    *("libs", "3rdparty", "build-support"),
    *("pants.toml", "pants.pypi.toml", "pyproject.toml", ".gitignore", ".pants.rc", ".pants.bootstrap"),
)
# The names in these folders are inputs, because a second owner of a module's name changes how Pants resolves imports.
_SOURCE_ROOTS = (".", "libs", "services", "tools")
_PANTS_SETTINGS = ("/etc/pantsrc", "~/.pants.rc")


class Inputs(NamedTuple):
    """The inputs of a zip: a fingerprint, and the time (ns) when each file was last touched."""

    fingerprint: str
    touched: Mapping[str, int]


def read_inputs(root: Path, name: str, architecture: str, environment: Mapping[str, str] = os.environ) -> Inputs:
    """Return the current inputs of the zip `name` of the repository `root`."""
    own = (
        [root / ".wheels" / architecture, root / "product.json"]
        if name == LAYER
        else [root / _folder(root, name)]  # that of a function in libs/ is also an input of every zip
    )
    paths = [*own, *(root / shared for shared in _SHARED), *_build_files(root)]
    files = {path.relative_to(root).as_posix(): path for path in sorted(set(_files(paths)))}
    settings = {key: value for key, value in environment.items() if key.startswith("PANTS_")}
    named = [*_PANTS_SETTINGS, *re.findall(r"[^\s\[\]'\",+]+", settings.get("PANTS_CONFIG_FILES", ""))]
    files |= {path: found for path in named if (found := root / Path(path).expanduser()).is_file()}
    facts = {
        "architecture": architecture,
        "python": [sys.version, zlib.ZLIB_RUNTIME_VERSION],
        "pants": [shutil.which("pants", path=environment.get("PATH")), settings],
        "names": {folder: _names(root / folder) for folder in _SOURCE_ROOTS},
        "files": {relative: _digest(path) for relative, path in files.items()},
    }
    fingerprint = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return Inputs(fingerprint, {relative: _touched(path) for relative, path in files.items()})


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            yield from _files(child for child in path.iterdir() if _is_seen(child))
        elif path.is_symlink() or path.is_file():
            yield path


def _is_seen(path: Path) -> bool:
    """Return whether Pants reads the path, by its defaults for `pants_ignore`, which also exclude /dist/."""
    return not path.is_dir() or not (path.name.startswith(".") or path.name == "__pycache__")


def _build_files(root: Path) -> Iterator[Path]:
    """Return every BUILD file, because it may set defaults and rules for folders below it."""
    for folder, folders, files in root.walk():
        folders[:] = [name for name in folders if _is_seen(folder / name)]
        yield from (folder / name for name in files if name == "BUILD" or name.startswith("BUILD."))


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    modules = (path for path in folder.iterdir() if path.name != "dist" and (path.is_dir() or path.suffix == ".py"))
    return sorted(path.name for path in modules if _is_seen(path))


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        # Deleted meanwhile, or a link to a folder, whose content is not followed: always counts as changed.
        return secrets.token_hex()


def _touched(path: Path) -> int:
    try:
        return path.stat().st_ctime_ns
    except OSError:
        return time.time_ns()


def _folder(root: Path, name: str) -> str:
    """Return the folder whose targets make the zip."""
    if name == LAYER:
        return "libs/common"
    package = name.removesuffix(".zip").replace("-", "_")
    return next((f"libs/{package}" for _ in root.glob(f"libs/{package}/handler.py")), f"services/{package}")


def unchanged(dist: Path, inputs: Mapping[str, Inputs]) -> list[str]:
    """Return the names of the zips in `dist` that packaging from `inputs` would make again, byte for byte."""
    records = _records(dist)
    return [
        name
        for name, (fingerprint, _) in inputs.items()
        if (dist / name).is_file() and records.get(name) == {"inputs": fingerprint, "zip": _digest(dist / name)}
    ]


def _records(dist: Path) -> dict[str, object]:
    try:
        return dict(json.loads((dist / RECORDS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def record(dist: Path, inputs: Mapping[str, Inputs]) -> None:
    """Record the inputs of the zips in `dist`."""
    records = {
        name: {"inputs": made_from.fingerprint, "zip": _digest(dist / name)} for name, made_from in inputs.items()
    }
    new = dist / f"{RECORDS}.new"
    new.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(dist / RECORDS)


@contextmanager
def locked(dist: Path) -> Iterator[int]:
    """Hold the lock for packaging into `dist`; if another process holds it, say so and wait.

    Pass the descriptor to all child processes: the kernel releases the lock when the last of them has ended, so that
    children of a killed packaging cannot interfere.
    """
    dist.mkdir(parents=True, exist_ok=True)
    with (dist / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"package: waiting for another packaging into {dist.name}", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def syntax_errors(root: Path) -> list[str]:
    """Return the file, the line and the error of each module of the services and the layer that does not compile."""
    found = []
    for path in sorted((*root.glob("libs/**/*.py"), *root.glob("services/**/*.py"))):
        try:
            compile(path.read_bytes(), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            found.append(f"{path.relative_to(root)}:{line}: {getattr(error, 'msg', error)}")
    return found


def package(root: Path, dist: Path, architecture: str, *, only_changed: bool) -> int:
    """Write the finished zips of the repository `root` to `dist`; return the exit code of a failed step, or 0."""
    with locked(dist) as lock:
        for leftover in (*dist.glob(".packaging-*"), *dist.glob(".finishing-*")):
            shutil.rmtree(leftover)

        def run(*command: str, **settings: str) -> int:
            environment = os.environ | {"LAMBDA_ARCH": architecture} | settings
            return subprocess.run(command, cwd=root, env=environment, pass_fds=[lock], check=False).returncode  # noqa: S603 - no shell

        def script(name: str, *arguments: str) -> int:
            return run(sys.executable, f"build-support/{name}", *arguments)

        if errors := syntax_errors(root):
            print("\n".join(f"package: {error}" for error in errors), file=sys.stderr, flush=True)
            return 1
        if code := script("fetch_wheels.py"):
            return code
        before = {name: read_inputs(root, name, architecture) for name in expected_zips(root)}
        kept = unchanged(dist, before) if only_changed else []
        with tempfile.TemporaryDirectory(prefix=".packaging-", dir=dist) as packaged:
            code = 0
            if not only_changed:
                # Without a manifest, the zips are not trusted until packaging has succeeded.
                (dist / "manifest.json").unlink(missing_ok=True)
                # The images have the files of the zips before.
                (dist / "images.tfvars.json").unlink(missing_ok=True)
                code = run("build-support/package-targets", packaged, "::")
            elif changed := [name for name in before if name not in kept]:
                targets = [f"{_folder(root, name)}:" for name in changed]
                code = run("build-support/package-targets", packaged, *targets, PACKAGING_ONLY="yes")
            keep = [f"--keep={name}" for name in kept]
            code = code or script("finish_zips.py", f"--packaged={packaged}", *keep, str(dist))
        if not code and only_changed:
            # Files that were edited meanwhile may or may not be in a zip, so it is packaged again the next time.
            record(dist, {name: now for name, now in before.items() if read_inputs(root, name, architecture) == now})
        return code


def main() -> int:
    """Package this repository for LAMBDA_ARCH; return the exit code."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changed", action="store_true", help="package only zips whose inputs have changed")
    parser.add_argument("folder", nargs="?", default="dist", help="folder in the repository to write the zips to")
    arguments = parser.parse_args()
    dist = root / arguments.folder
    return package(root, dist, os.environ.get("LAMBDA_ARCH", "arm64"), only_changed=arguments.changed)


if __name__ == "__main__":
    sys.exit(main())
