"""The bill of materials names the npm packages in the layer's JavaScript."""

import json
from pathlib import Path
from typing import Any

import fastapi_offline
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.build_support.repository import DISTRIBUTIONS, Repository, make_zip, sha256
from tests.build_support.scripts import load

finish_zips = load("finish_zips.py")
STATIC = Path(fastapi_offline.__file__).parent / "static"
SWAGGER = "fastapi_offline/static/swagger-ui-bundle.js"
REDOC = "fastapi_offline/static/redoc.standalone.js"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def finish(repository: Repository, scripts: dict[str, str]) -> list[Any]:
    """Package a layer whose distribution `dog` has these scripts; return the npm packages of the bill."""
    files = DISTRIBUTIONS["dog-3.whl"] | scripts
    wheel = repository.wheels / "dog-3-py3-none-any.whl"
    before = sha256(wheel)
    make_zip(wheel, files)
    repository.lock.write_text(repository.lock.read_text().replace(before, sha256(wheel)))
    repository.zip("common-layer.zip", repository.layer() | {f"python/{name}": text for name, text in scripts.items()})
    finish_zips.finish(repository.root, repository.wheels.name)
    text = (repository.dist / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return [one for one in json.loads(text)["components"] if one.get("purl", "").startswith("pkg:npm/")]


def test_bill_has_the_packages_of_the_scripts_in_the_lock(repository: Repository) -> None:
    scripts = {SWAGGER: (STATIC / Path(SWAGGER).name).read_text(), REDOC: (STATIC / Path(REDOC).name).read_text()}
    packages = finish(repository, scripts)
    scripts_of: dict[str, list[str]] = {}
    for package in packages:
        assert package["purl"] == f"pkg:npm/{package['name']}@{package['version']}"
        scripts_of.setdefault(package["name"], []).extend(one["value"] for one in package["properties"])
    assert {name: sorted(found) for name, found in scripts_of.items()} == {
        "dompurify": [REDOC, SWAGGER],
        "highlight.js": [SWAGGER],
        "react-dom": [REDOC, SWAGGER],
        "redoc": [REDOC],
        "swagger-ui-dist": [SWAGGER],
    }
    needs = {
        one["ref"]: one["dependsOn"]
        for one in json.loads((repository.dist / "sbom.cdx.json").read_text())["dependencies"]
    }
    assert {one["bom-ref"] for one in packages} <= set(needs["common-layer.zip"])


def test_version_is_the_one_in_the_script(repository: Repository) -> None:
    script = (
        'a={PACKAGE_VERSION:"5.1.2"};b.version="3.4.0-rc.1",b.removed=[];c.versionString="10.7.3";'
        'd={version:"18.3.1",rendererPackageName:"react-dom"}'
    )
    assert [one["purl"] for one in finish(repository, {SWAGGER: script})] == [
        "pkg:npm/dompurify@3.4.0-rc.1",
        "pkg:npm/highlight.js@10.7.3",
        "pkg:npm/react-dom@18.3.1",
        "pkg:npm/swagger-ui-dist@5.1.2",
    ]


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({SWAGGER: 'a={PACKAGE_VERSION:"5.1.2"}'}, "does not say its version of dompurify"),
        ({"dog/tail.js": ""}, "dog/tail.js: name its npm packages"),
        ({"dog/tail.mjs": ""}, "dog/tail.mjs: name its npm packages"),
    ],
)
def test_script_without_known_packages_is_rejected(
    repository: Repository, scripts: dict[str, str], message: str
) -> None:
    with pytest.raises(finish_zips.PackagingError, match=message):
        finish(repository, scripts)
