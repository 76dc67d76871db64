"""Images as manifests in ECR and folders of files."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.ecr.images import ImageUri, checked, digest_of, push, read_image
from local_aws.model.deployment import DeploymentError
from tests.support.moto_servers import aws_client


@pytest.fixture
def ecr(control_plane: ControlPlane) -> Iterator[Any]:
    with aws_client("ecr", control_plane.environment) as client:
        yield client
        for repository in client.describe_repositories()["repositories"]:
            client.delete_repository(repositoryName=repository["repositoryName"], force=True)


def tree(folder: Path, text: str) -> Path:
    (folder / "var/task").mkdir(parents=True)
    (folder / "var/task/main.py").write_text(text)
    return folder


def test_pushed_image_is_read_by_its_uri(ecr: Any, tmp_path: Path) -> None:
    digest = digest_of(tree(tmp_path / "draft", "one"))
    uri = push(ecr, "shop/people", tmp_path / "draft", tmp_path / "images")
    parts = ImageUri.parse(uri)
    assert parts
    assert (parts.account, parts.region, parts.repository) == ("123456789012", "eu-central-1", "shop/people")
    image = read_image(ecr, uri)
    assert (image.sha256, image.folder) == (digest, tmp_path / "images" / digest)
    assert (checked(image) / "var/task/main.py").read_text() == "one"
    assert not (tmp_path / "draft").exists()


def test_same_files_are_the_same_image_and_others_another(ecr: Any, tmp_path: Path) -> None:
    uris = []
    for text in ("one", "one", "two"):
        uris.append(push(ecr, "people", tree(tmp_path / "draft", text), tmp_path / "images"))
        assert not (tmp_path / "draft").exists()
    assert uris[0] == uris[1] != uris[2]
    assert len(list((tmp_path / "images").iterdir())) == 2


def test_moved_file_is_another_image(tmp_path: Path) -> None:
    before = digest_of(tree(tmp_path / "draft", "one"))
    (tmp_path / "draft/var/task/main.py").rename(tmp_path / "draft/main.py")
    assert digest_of(tmp_path / "draft") != before


def test_changed_or_missing_files_are_rejected(ecr: Any, tmp_path: Path) -> None:
    image = read_image(ecr, push(ecr, "people", tree(tmp_path / "draft", "one"), tmp_path / "images"))
    (image.folder / "var/task/main.py").write_text("edited")
    with pytest.raises(DeploymentError, match="has changed since its image was pushed"):
        checked(image)
    with pytest.raises(DeploymentError, match="the files of an image are missing"):
        checked(replace(image, folder=tmp_path / "elsewhere"))


def test_image_of_docker_is_rejected(ecr: Any) -> None:
    ecr.create_repository(repositoryName="people")
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": f"sha256:{'a' * 64}", "size": 1}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [layer]}
    manifest["config"] = layer
    pushed = ecr.put_image(repositoryName="people", imageManifest=json.dumps(manifest), imageTag="one")["image"]
    uri = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/people@{pushed['imageId']['imageDigest']}"
    for unknown in (uri, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/people:one"):
        with pytest.raises(DeploymentError, match="has no files here"):
            read_image(ecr, unknown)


@pytest.mark.parametrize(
    "uri",
    [
        "people",
        "public.ecr.aws/lambda/python:3.13",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/people",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/people@sha256:abc",
    ],
)
def test_uri_must_name_an_image_in_ecr(uri: str) -> None:
    assert ImageUri.parse(uri) is None
