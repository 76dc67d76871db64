"""The CycloneDX bill of materials of the zips: which packages are in the layer, from which wheels, under which licence.

It also names the npm packages in the layer's JavaScript.

https://cyclonedx.org/docs/1.6/json/. It depends only on the zips and the wheels: no time, and a serial number that is
derived from its content, so that packaging twice writes the same bytes.
"""

import email
import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from email.message import Message
from pathlib import Path
from typing import Any

LAYER = "common-layer.zip"


def packaged_in(layer: Path, wheels: Mapping[str, Path]) -> dict[str, Path]:
    """Return the wheels of which the layer has a file. It leaves out all of some, and all but one file of others."""
    with zipfile.ZipFile(layer) as archive:
        held = set(archive.namelist())
    found = {}
    for name, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            if any(f"python/{file}" in held for file in archive.namelist()):
                found[name] = wheel
    return found


def bill_of_materials(
    product: str,
    version: str,
    architecture: str,
    zips: Mapping[str, str],
    wheels: Mapping[str, Path],
    scripts: Mapping[str, Sequence[str]],
) -> str:
    """Return the bill as JSON.

    Args:
        product: Name of the product.
        version: Its version.
        architecture: Lambda's name of the architecture that the zips are for.
        zips: The SHA-256 of each zip by name, in hex.
        wheels: The verified wheel of each package that the layer has a file of, by the package's normalized name.
        scripts: The scripts that contain an npm package, by the package's purl.
    """
    packages = [
        *(_package(name, wheel) for name, wheel in sorted(wheels.items())),
        *(_npm_package(purl, files) for purl, files in sorted(scripts.items())),
    ]
    bill: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": product, "name": product, "version": version},
            "properties": [{"name": "architecture", "value": architecture}],
        },
        "components": [*(_zip(name, digest, version) for name, digest in sorted(zips.items())), *packages],
        "dependencies": [
            {"ref": product, "dependsOn": sorted(zips)},
            *({"ref": name, "dependsOn": [LAYER]} for name in sorted(zips) if name != LAYER),
            {"ref": LAYER, "dependsOn": [package["bom-ref"] for package in packages]},
        ],
    }
    content = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, content).urn
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def _zip(name: str, digest: str, version: str) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest}]
    return {"type": "application", "bom-ref": name, "name": name, "version": version, "hashes": hashes}


def _package(name: str, wheel: Path) -> dict[str, Any]:
    metadata = _metadata(wheel)
    # https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
    purl = f"pkg:pypi/{name}@{metadata['Version']}"
    licences = _licences(metadata)
    return {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": name,
        "version": metadata["Version"],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
        "properties": [{"name": "wheel", "value": wheel.name}],
        **({"licenses": licences} if licences else {}),
    }


def _npm_package(purl: str, scripts: Sequence[str]) -> dict[str, Any]:
    name, _, version = purl.removeprefix("pkg:npm/").partition("@")
    properties = [{"name": "script", "value": script} for script in scripts]
    return {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": name,
        "version": version,
        "properties": properties,
    }


def _metadata(wheel: Path) -> Message:
    """Return the wheel's core metadata: https://packaging.python.org/en/latest/specifications/core-metadata/."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return email.message_from_bytes(archive.read(name))


def _licences(metadata: Message) -> list[dict[str, Any]]:
    """Return the SPDX expression, or what older metadata says; nothing if it says nothing."""
    if expression := metadata["License-Expression"]:
        return [{"expression": expression}]
    classifiers = [one for one in metadata.get_all("Classifier", []) if one.startswith("License :: ")]
    named = [one.rpartition(" :: ")[2] for one in classifiers]
    # The field may contain the whole text of a licence.
    if not named and (text := (metadata["License"] or "").strip()) and "\n" not in text:
        named = [text]
    return [{"license": {"name": name}} for name in named]
