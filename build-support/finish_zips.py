"""Finish the zips that Pants wrote to dist/: check and reduce them, add bytecode and versions.

Writes manifest.json, and sbom.cdx.json, the bill of materials.

Lambda's folders are read-only, so without bytecode and compiled regular expressions in the zips every cold start
compiles everything again.
"""

import argparse
import compileall
import hashlib
import json
import os
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

from bill_of_materials import bill_of_materials, packaged_in  # pants: no-infer-dep
from bundled_javascript import javascript_in  # pants: no-infer-dep
from compiled_regexes import COMPILED, REGEXES, compiled, listed  # pants: no-infer-dep
from layer_needs import Packages, missing  # pants: no-infer-dep
from lean_layer import LIST, PackagingError, Rules, aws_services  # pants: no-infer-dep
from verified_layer import LAYER, finished_layer, is_of_use, pins, wheels_of  # pants: no-infer-dep

# Lambda's python3.13.
_CACHE_TAG = "cpython-313"
_MANIFEST = "manifest.json"
_BILL = "sbom.cdx.json"  # a name by which scanners know CycloneDX
# Where Lambda unpacks a layer and a function. Python adjusts bytecode with other paths each time it is loaded.
_LAYER_ROOT = "/opt"
_FUNCTION_ROOT = "/var/task"


def finish(
    root: Path, architecture: str, folder: str = "dist", *, packaged: Path | None = None, keep: Collection[str] = ()
) -> dict[str, str]:
    """Finish every zip of the repository `root` into its `folder`; return the SHA-256 of each, in hex, by name.

    The manifest also has the `architecture` that the zips were packaged for, so that Terraform rejects another one.

    `packaged` is the folder that Pants wrote the zips to, if it is another one. Zips named in `keep` are finished and
    are not changed. Zips that the repository no longer produces are removed. The layer must consist of the verified
    wheels of the architecture, and keeps what layer.toml says. Finishing a finished zip changes no byte. If a zip is
    wrong, nothing is written.

    Raises:
        PackagingError: A zip is missing, unreadable, or contains a file that it must not contain.
    """
    if sys.implementation.cache_tag != _CACHE_TAG:
        raise PackagingError(f"bytecode for Lambda needs {_CACHE_TAG}, not {sys.implementation.cache_tag}")
    dist = root / folder
    entries = {name: read_zip((packaged or dist) / name) for name in expected_zips(root) if name not in keep}
    wheels = wheels_of(pins(root / "3rdparty/python/runtime.lock"), root / ".wheels" / architecture)
    rules = Rules.read(root / LIST)
    for name, held in entries.items():
        if name == LAYER:
            entries[name] = finished_layer(held, wheels, rules) | {COMPILED: compiled(listed(root / REGEXES))}
        else:
            check_function(name, held)
    version = project_version(root)
    zips = {name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in keep}
    with tempfile.TemporaryDirectory(prefix=".finishing-", dir=dist) as work:
        for name, held in entries.items():
            if name != LAYER:
                held[f"{_package(name)}/version.txt"] = f"{version}+{digest_of(held)}\n".encode()
            root_in_lambda = _LAYER_ROOT if name == LAYER else _FUNCTION_ROOT
            sources = {path: held[path] for path in held if path not in rules.without_bytecode}
            write_zip(Path(work, name), held | bytecode(sources, root_in_lambda))
            # The other functions use the packages of Lambda's runtime.
            if name == LAYER or (root / "services" / _package(name)).is_dir():
                check_needs(name, held, rules, wheels)
            zips[name] = hashlib.sha256(Path(work, name).read_bytes()).hexdigest()
        manifest = {"architecture": architecture, "zips": zips}
        Path(work, _MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        layer = (dist if LAYER in keep else Path(work)) / LAYER
        contents = packaged_in(layer, wheels), javascript_in(layer)
        bill = bill_of_materials(_project(root)["name"], version, architecture, zips, *contents)
        Path(work, _BILL).write_text(bill, encoding="utf-8")
        for name in [*entries, _BILL, _MANIFEST]:
            Path(work, name).replace(dist / name)
    for zipped in dist.glob("*.zip"):
        if zipped.name not in zips:
            zipped.unlink()
    return zips


def check_manifest(root: Path, folder: str = "dist") -> dict[str, str]:
    """Return the SHA-256 of each zip in the manifest of `folder` in `root`, after comparing every zip with it.

    Raises:
        PackagingError: The manifest is missing, or a zip has changed since it was finished.
    """
    dist = root / folder
    try:
        zips = dict(json.loads((dist / _MANIFEST).read_text(encoding="utf-8"))["zips"])
    except (OSError, ValueError, KeyError) as error:
        raise PackagingError(f"{_MANIFEST} cannot be read: package first") from error
    if sorted(zips) != expected_zips(root):
        raise PackagingError(f"{_MANIFEST} does not name the zips of this repository: package again")
    for name, digest in zips.items():
        path = dist / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise PackagingError(f"{name} is not the zip that was finished: package again")
    return zips


def project_version(root: Path) -> str:
    """Return the version in `root`/pyproject.toml."""
    return _project(root)["version"]


def _project(root: Path) -> dict[str, str]:
    """Return name and version of the project."""
    import tomllib  # noqa: PLC0415 - an older Python must get as far as the check of its version

    found = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {name: str(found[name]) for name in ("name", "version")}


def expected_zips(root: Path) -> list[str]:
    """Return the names of the layer's zip, and of one zip per service and per other function, sorted.

    The other functions are in libs/: libs/release_hook is in release-hook.zip.
    """
    services = [handler.parent.name for handler in root.glob("services/*/handler.py")]
    others = [handler.parent.name.replace("_", "-") for handler in root.glob("libs/*/handler.py")]
    return sorted([LAYER, *(f"{name}.zip" for name in (*services, *others))])


def _package(name: str) -> str:
    """Return the Python package in a function's zip."""
    return name.removesuffix(".zip").replace("-", "_")


def read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of the zip at `path` that are needed at runtime, without those that finishing adds, by name."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if len(set(names)) != len(names):
                raise PackagingError(f"{path.name} holds a file twice")
            return {name: archive.read(name) for name in sorted(names) if is_of_use(name)}
    except FileNotFoundError as error:
        raise PackagingError(f"{path.name} is missing: run `pants package ::` first") from error
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise PackagingError(f"{path.name} cannot be read as a zip: {error}") from error


def check_function(zip_name: str, held: Mapping[str, bytes]) -> None:
    """Raise `PackagingError` if a function's zip contains more than its package and Pants' `lambda_function.py`."""
    package = _package(zip_name)
    foreign = [name for name in held if name != "lambda_function.py" and not name.startswith(f"{package}/")]
    if foreign:
        raise PackagingError(f"{zip_name} holds {foreign[0]}: a function holds nothing but its own package")
    if f"{package}/handler.py" not in held:
        raise PackagingError(f"{zip_name} lacks {package}/handler.py")


def check_needs(zip_name: str, held: Mapping[str, bytes], rules: Rules, wheels: Mapping[str, Path]) -> None:
    """Raise `PackagingError` if our code in a zip needs what the layer leaves out."""
    ours = {name: held[name] for name in held if zip_name != LAYER or name.startswith("python/common/")}
    known: set[str] = set()
    if "botocore" in wheels:
        with zipfile.ZipFile(wheels["botocore"]) as archive:
            known = aws_services(archive.namelist())
    if need := next(missing(ours, rules, known, Packages(wheels.values())), None):
        raise PackagingError(f"{zip_name}: {need}")


def digest_of(held: Mapping[str, bytes]) -> str:
    """Return the first 12 hex digits of the SHA-256 of names and contents."""
    digest = hashlib.sha256()
    for name, content in sorted(held.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def bytecode(held: Mapping[str, bytes], unpacked_at: str) -> dict[str, bytes]:
    """Return a `.pyc` for every `.py`, as this Python reads it where the zip is `unpacked_at`.

    It is not checked against its source (no stat, no hash at import), and does not depend on this machine.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = [name for name in held if name.endswith(".py")]
        for name in sources:
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_bytes(held[name])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compiled = compileall.compile_dir(
                folder,
                maxlevels=100,
                quiet=2,
                # All processors (0) are worth it only for the layer's thousand files.
                workers=0 if len(sources) > 100 else 1,  # noqa: PLR2004
                optimize=0,
                stripdir=folder,
                prependdir=unpacked_at,
                invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
            )
        if not compiled:
            raise PackagingError("a zip holds Python that does not compile: see `python -m compileall`")
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*.pyc")}


def write_zip(path: Path, held: Mapping[str, bytes]) -> None:
    """Write a zip whose bytes depend only on `held`, and not on this machine's clock, file order or modes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(held):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, held[name], compresslevel=6)


def main() -> int:
    """Finish or check the zips of this repository; return the exit code."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare the zips with their manifest.json")
    parser.add_argument("--packaged", type=Path, help="folder that Pants wrote the zips to (default: the same)")
    parser.add_argument("--keep", action="append", default=[], help="name of a zip that is finished already")
    parser.add_argument("folder", nargs="?", default="dist", help="folder of the zips in the repository")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            check_manifest(root, arguments.folder)
        else:
            architecture = os.environ.get("LAMBDA_ARCH", "arm64")
            finish(root, architecture, arguments.folder, packaged=arguments.packaged, keep=arguments.keep)
    except PackagingError as error:
        print(f"finish_zips: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
