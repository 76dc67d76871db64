"""Requests do not change the folders that functions run from."""

import hashlib
import zipfile
from pathlib import Path

import httpx2

from local_aws.commands.delivery import DIST
from local_aws.session import Session
from tests.support.deployed.up import Up
from tests.support.moto_servers import aws_client
from tests.support.services import AS_IMAGE, SERVICES, deployed_name

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
    layer = zipped(DIST / "common-layer.zip")
    assert layer in map(unpacked, (up.work / "layers").iterdir())
    code = list(map(unpacked, (up.work / "code").iterdir()))
    images = [(unpacked(tree / "var/task"), unpacked(tree / "opt")) for tree in (up.work / "images").iterdir()]
    for service in services:
        task = zipped(DIST / f"{service}.zip")
        # An image has exactly the files of the zips.
        assert (task, layer) in images if service in AS_IMAGE else task in code


def test_both_kinds_of_package_are_deployed(session: Session) -> None:
    with aws_client("lambda", session.control_plane) as lambda_:
        kinds = {
            service: lambda_.get_function(FunctionName=deployed_name(service))["Configuration"]["PackageType"]
            for service in SERVICES
        }
    assert kinds == {service: "Image" if service in AS_IMAGE else "Zip" for service in SERVICES}
    assert len(AS_IMAGE) == min(1, len(SERVICES) - 1)
