"""The finished layer has what the services need, and no more than fits the budget."""

import ast
import hashlib
import importlib.metadata
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.commands.delivery import DIST, ROOT
from tests.support.at_lambdas_paths import Unpacked
from tests.support.services import SERVICES

pytestmark = pytest.mark.usefixtures("up")  # which packages

# Imports modules and names of them, and prints what fails. A name of `from` may be a module.
IMPORTS = """
import importlib, json
failed = []
for module, name in json.loads(sys.argv[1]):
    try:
        if not name or not hasattr(importlib.import_module(module), name):
            importlib.import_module(f"{module}.{name}" if name else module)
    except Exception as error:
        failed.append(f"{module} {name or ''}: {error!r}")
print()
print(json.dumps(failed))
"""
# In Lambda's runtime, not in the layer.
OF_THE_RUNTIME = {"snapshot_restore_py"}


def modules(zipped: Path, below: str) -> dict[str, bytes]:
    """Return the source of each Python module below a folder of a zip, by the module's name."""
    with zipfile.ZipFile(zipped) as archive:
        names = [name for name in archive.namelist() if name.startswith(below) and name.endswith(".py")]
        return {
            name.removeprefix("python/").removesuffix(".py").removesuffix("/__init__").replace("/", "."): archive.read(
                name
            )
            for name in names
        }


def imported(source: bytes) -> Iterator[tuple[str, str | None]]:
    """Yield the imports of a module and of its functions, without those for the type checker."""
    yield from _imported(ast.parse(source))


def _imported(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from ((alias.name, None) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from ((node.module, alias.name) for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imported(child)


@pytest.mark.parametrize("service", SERVICES)
def test_every_import_of_a_service_and_of_the_layer_succeeds(service: str, tmp_path: Path) -> None:
    found = modules(DIST / f"{service}.zip", f"{service}/") | modules(DIST / "common-layer.zip", "python/common/")
    inner = [one for source in found.values() for one in imported(source) if one[0] not in OF_THE_RUNTIME]
    wanted = [*((module, None) for module in found), *inner]
    output = Unpacked(DIST, service, tmp_path).run(IMPORTS, json.dumps(wanted))
    assert json.loads(output.splitlines()[-1]) == []


def sizes(zipped: Path) -> tuple[int, int]:
    """Return the bytes of a zip, and of the files in it."""
    with zipfile.ZipFile(zipped) as archive:
        return zipped.stat().st_size, sum(info.file_size for info in archive.infolist())


def test_layer_stays_within_its_budget() -> None:
    """Of 250 MB that Lambda allows for a function with its layers, and of what every upload and every node copies."""
    packed, unpacked = sizes(DIST / "common-layer.zip")
    grown = (
        "look with `unzip -v dist/common-layer.zip | sort -n` at what is new, leave out what nothing needs in "
        "build-support/layer.toml, or raise the budget here and in docs/decisions/0042"
    )
    assert packed <= 10_000_000, grown
    assert unpacked <= 28_000_000, grown


@pytest.mark.parametrize("service", SERVICES)
def test_function_stays_within_its_budget(service: str) -> None:
    """Two thirds of it are bytecode, a third its source for tracebacks: some 3 KB for each module."""
    packed, _ = sizes(DIST / f"{service}.zip")
    assert packed <= 160_000


def test_bill_of_materials_has_exactly_the_packages_of_the_layer() -> None:
    with zipfile.ZipFile(DIST / "common-layer.zip") as layer:
        held = {name.removeprefix("python/") for name in layer.namelist() if not name.endswith(".pyc")}
    pins = re.findall(r"^([a-z0-9-]+)==", (ROOT / "3rdparty/python/runtime.lock").read_text(), re.MULTILINE)
    # The same packages are installed here, and know their files.
    found = [importlib.metadata.distribution(name) for name in pins]
    owned = {one.metadata["Name"]: {str(file) for file in one.files or ()} & held for one in found}
    packaged = {
        (re.sub(r"[-_.]+", "-", name).lower(), importlib.metadata.version(name)) for name in owned if owned[name]
    }
    bill = json.loads((DIST / "sbom.cdx.json").read_text())
    libraries = [one for one in bill["components"] if one["type"] == "library"]
    python = [one for one in libraries if one["purl"].startswith("pkg:pypi/")]
    assert {(one["name"], one["version"]) for one in python} == packaged
    assert all(one["purl"].startswith("pkg:npm/") for one in libraries if one not in python)
    assert len(packaged) < len(pins)  # The layer leaves out all of some.
    ours = ("common/", "product.json", "botocore/data/")  # whose models are written again
    assert {name for name in held - set().union(*owned.values()) if not name.startswith(ours)} == set()
    assert all(one["licenses"] for one in python)
    zips = {one["name"]: one["hashes"][0]["content"] for one in bill["components"] if one["type"] == "application"}
    assert zips == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DIST.glob("*.zip")}
