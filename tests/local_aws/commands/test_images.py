"""Images of services, from finished zips in a folder of the test's own."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.commands.delivery import architecture
from local_aws.commands.images import images
from local_aws.control_plane.server import ControlPlane
from local_aws.ecr.images import checked, read_image
from local_aws.terraform.stack import StackError

FILES = {"common-layer.zip": "python/common.py", "people.zip": "people/handler.py"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder of finished zips."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name, member in FILES.items():
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(member, name)
    zips = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    (folder / "manifest.json").write_text(json.dumps({"architecture": architecture(), "zips": zips}))
    return folder


def test_variables_name_an_image_of_the_zips(control_plane: ControlPlane, dist: Path, tmp_path: Path) -> None:
    variables = images(["people"], tmp_path, control_plane.environment, dist)
    assert json.loads(variables["packages"]) == {"people": "image"}
    image = json.loads(variables["images"])["people"]
    assert image["architecture"] == architecture()
    tree = checked(read_image(operator_client("ecr", control_plane.environment), image["uri"]))
    found = {path.relative_to(tree).as_posix(): path.read_text() for path in tree.rglob("*") if path.is_file()}
    assert found == {"opt/python/common.py": "common-layer.zip", "var/task/people/handler.py": "people.zip"}
    assert images(["people"], tmp_path, control_plane.environment, dist) == variables


def test_no_image_sets_no_variable(control_plane: ControlPlane, dist: Path, tmp_path: Path) -> None:
    assert images([], tmp_path, control_plane.environment, dist) == {}


def test_unknown_service_is_reported(control_plane: ControlPlane, dist: Path, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"there is no image of halls: image_tree: there is no halls\.zip"):
        images(["halls"], tmp_path, control_plane.environment, dist)
