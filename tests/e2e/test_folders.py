"""What requests leave of the folders that functions run from: exactly what was deployed."""

import hashlib
import zipfile
from pathlib import Path

import httpx2

from local_aws.commands.delivery import DIST
from tests.e2e.command import Up

type Files = dict[str, str]


def unpacked(folder: Path) -> Files:
    """The files of a folder by path, and the digest of each."""
    files = (path for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def zipped(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        names = (name for name in archive.namelist() if not name.endswith("/"))
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}


def test_running_changes_neither_code_nor_layer(up: Up, api: httpx2.Client) -> None:
    for path in ("/users/1", "/users/77", "/api/v1/books/health", "/docs"):
        api.get(path)
    assert zipped(DIST / "common-layer.zip") in map(unpacked, (up.work / "layers").iterdir())
    code = list(map(unpacked, (up.work / "code").iterdir()))
    assert all(zipped(DIST / f"{service}.zip") in code for service in ("books", "users"))
