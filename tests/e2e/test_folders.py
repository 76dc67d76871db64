"""Requests do not change the folders that functions run from."""

import hashlib
import zipfile
from pathlib import Path

import httpx2

from local_aws.commands.delivery import DIST
from tests.support.deployed.up import Up

type Files = dict[str, str]


def unpacked(folder: Path) -> Files:
    """Return the digest of each file in a folder, by its path."""
    files = (path for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def zipped(path: Path) -> Files:
    """Return the digest of each file in a zip, by its path."""
    with zipfile.ZipFile(path) as archive:
        names = (name for name in archive.namelist() if not name.endswith("/"))
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}


def test_requests_do_not_change_code_or_layer(up: Up, deployed_api: httpx2.Client) -> None:
    services = deployed_api.get("/").json()["services"]
    for path in ("/docs", *(f"{address}/{name}" for address in services.values() for name in ("health", "nowhere"))):
        deployed_api.get(path)
    assert zipped(DIST / "common-layer.zip") in map(unpacked, (up.work / "layers").iterdir())
    code = list(map(unpacked, (up.work / "code").iterdir()))
    assert all(zipped(DIST / f"{service}.zip") in code for service in services)
