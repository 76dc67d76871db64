"""The bill of materials: valid, the same bytes each time, and exactly what the layer contains."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.build_support.repository import Repository, make_zip, sha256
from tests.build_support.scripts import load

finish_zips = load("finish_zips.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def bill(repository: Repository) -> dict[str, Any]:
    finish_zips.finish(repository.root, repository.wheels.name)
    written: dict[str, Any] = json.loads((repository.dist / "sbom.cdx.json").read_text())
    return written


def license_in(repository: Repository, metadata: str) -> Any:
    """Return the licences of a package with these lines in its metadata."""
    load("bill_of_materials.py")
    wheel = repository.wheels / "dog-3-py3-none-any.whl"
    make_zip(wheel, {"dog-3.dist-info/METADATA": f"Metadata-Version: 2.4\nName: dog\nVersion: 3\n{metadata}\n"})
    module = sys.modules["bill_of_materials"]
    text = module.bill_of_materials("shop", "1", "arm64", {"common-layer.zip": "0" * 64}, {"dog": wheel}, {})
    validate(text)
    [found] = [one.get("licenses") for one in json.loads(text)["components"] if one["name"] == "dog"]
    return found


def validate(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_bill_is_valid_by_the_schema_of_cyclonedx(repository: Repository) -> None:
    bill(repository)
    validate((repository.dist / "sbom.cdx.json").read_text())


def test_bill_of_another_form_is_not_valid() -> None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "a": 1}'
    )
    assert error is not None


def test_bill_has_every_package_of_the_layer_with_the_hash_in_the_lock(repository: Repository) -> None:
    packages = [one for one in bill(repository)["components"] if one["type"] == "library"]
    assert {one["purl"] for one in packages} == {"pkg:pypi/botocore@1.0", "pkg:pypi/brown-fox@1.2", "pkg:pypi/dog@3"}
    for package in packages:
        [wheel] = [one["value"] for one in package["properties"]]
        [digest] = package["hashes"]
        assert digest == {"alg": "SHA-256", "content": sha256(repository.wheels / wheel)}
        assert f"--hash=sha256:{digest['content']}" in repository.lock.read_text()


def test_package_of_which_the_layer_has_no_file_is_not_in_the_bill(repository: Repository) -> None:
    left_out = '[[left_out]]\nfiles = ["{}"]\nwhy = "It barks."\n'
    rules = repository.rules.read_text().replace('without_bytecode = ["dog.py"]', "without_bytecode = []")
    repository.rules.write_text(rules + left_out.format("dog-3.dist-info/*"))
    assert "dog" in {one["name"] for one in bill(repository)["components"]}
    repository.rules.write_text(rules + left_out.format("dog-3.dist-info/*") + left_out.format("dog.py"))
    repository.zip("common-layer.zip", repository.layer())
    assert "dog" not in {one["name"] for one in bill(repository)["components"]}


def test_bill_has_the_hash_of_every_zip_and_what_it_needs(repository: Repository) -> None:
    found = bill(repository)
    zips = {one["name"]: one["hashes"][0]["content"] for one in found["components"] if one["type"] == "application"}
    assert zips == json.loads((repository.dist / "manifest.json").read_text())["zips"]
    needs = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    assert needs == {
        "shop": sorted(zips),
        "accounts.zip": ["common-layer.zip"],
        "orders.zip": ["common-layer.zip"],
        "common-layer.zip": ["pkg:pypi/botocore@1.0", "pkg:pypi/brown-fox@1.2", "pkg:pypi/dog@3"],
    }
    assert found["metadata"]["component"]["version"] == "7.8.9"


def test_packaging_twice_and_elsewhere_writes_the_same_bytes(repository: Repository, tmp_path: Path) -> None:
    first = bill(repository)
    text = (repository.dist / "sbom.cdx.json").read_bytes()
    another = Repository(tmp_path / "another")
    assert bill(another) == first
    finish_zips.finish(repository.root, repository.wheels.name)
    assert (repository.dist / "sbom.cdx.json").read_bytes() == text


def test_another_content_has_another_serial_number(repository: Repository) -> None:
    first = bill(repository)
    repository.zip("orders.zip", {**repository.function("orders"), "orders/more.py": "MORE = 1\n"})
    assert bill(repository)["serialNumber"] != first["serialNumber"]


@pytest.mark.parametrize(
    ("metadata", "licences"),
    [
        ("License-Expression: MIT OR Apache-2.0", [{"expression": "MIT OR Apache-2.0"}]),
        ("License: MIT\nClassifier: License :: OSI Approved :: BSD License", [{"license": {"name": "BSD License"}}]),
        ("License: Apache License 2.0", [{"license": {"name": "Apache License 2.0"}}]),
        ("License: MIT License\n        Copyright\n        Permission is granted", None),
        ("Summary: A dog", None),
    ],
)
def test_licence_is_that_of_the_metadata(repository: Repository, metadata: str, licences: Any) -> None:
    assert license_in(repository, metadata) == licences
