"""Lambda's functions of images on the control plane."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from local_aws.ecr.images import push
from tests.local_aws.iam.roles import make_role
from tests.support.moto_servers import aws_client, moto_in_this_process

MISSING = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/people@sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def role(control_plane: ControlPlane) -> None:
    with aws_client("iam", control_plane.environment) as iam:
        make_role(iam, "of-images")


@pytest.fixture
def lambda_(control_plane: ControlPlane, role: None) -> Iterator[Any]:  # noqa: ARG001 - it only has to exist
    with aws_client("lambda", control_plane.environment) as client:
        yield client
        for function in client.list_functions()["Functions"]:
            client.delete_function(FunctionName=function["FunctionName"])


@pytest.fixture
def uris(control_plane: ControlPlane, tmp_path: Path) -> Iterator[list[str]]:
    """Return the URIs of two images in one repository."""
    found = []
    with aws_client("ecr", control_plane.environment) as ecr:
        for text in ("one", "two"):
            (tmp_path / "draft").mkdir()
            (tmp_path / "draft/main.py").write_text(text)
            found.append(push(ecr, "shop/people", tmp_path / "draft", tmp_path))
        yield found
        ecr.delete_repository(repositoryName="shop/people", force=True)


def create(client: Any, uri: str, name: str = "people") -> Any:
    return client.create_function(
        FunctionName=name,
        PackageType="Image",
        Role="arn:aws:iam::123456789012:role/of-images",
        Code={"ImageUri": uri},
        ImageConfig={"Command": ["people.handler.handler"]},
        Publish=True,
    )


def test_function_has_the_digest_of_its_image(lambda_: Any, uris: list[str]) -> None:
    created = create(lambda_, uris[0])
    assert created["PackageType"] == "Image"
    assert created["CodeSha256"] == uris[0].rpartition(":")[2]
    assert created["ImageConfigResponse"]["ImageConfig"]["Command"] == ["people.handler.handler"]
    code = lambda_.get_function(FunctionName="people")["Code"]
    assert (code["RepositoryType"], code["ImageUri"], code["ResolvedImageUri"]) == ("ECR", uris[0], uris[0])


def test_tag_is_resolved(lambda_: Any, uris: list[str], control_plane: ControlPlane) -> None:
    repository, _, digest = uris[0].partition("@")
    with aws_client("ecr", control_plane.environment) as ecr:
        [found] = ecr.describe_images(repositoryName="shop/people", imageIds=[{"imageDigest": digest}])["imageDetails"]
    create(lambda_, f"{repository}:{found['imageTags'][0]}")
    assert lambda_.get_function(FunctionName="people")["Code"]["ResolvedImageUri"] == uris[0]


def test_update_publishes_the_new_image_and_keeps_the_old_version(lambda_: Any, uris: list[str]) -> None:
    create(lambda_, uris[0])
    lambda_.update_function_code(FunctionName="people", ImageUri=uris[1], Publish=True)
    found = {
        version: lambda_.get_function(FunctionName="people", Qualifier=version)["Code"]["ImageUri"]
        for version in ("1", "2")
    }
    assert found == {"1": uris[0], "2": uris[1]}


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        (MISSING, "does not exist"),
        (MISSING.replace("eu-central-1", "eu-west-1"), "is not valid"),
        ("public.ecr.aws/lambda/python:3.13", "is not valid"),
    ],
)
def test_missing_image_is_rejected(lambda_: Any, uris: list[str], uri: str, fault: str) -> None:
    create(lambda_, uris[0], "orders")
    with pytest.raises(ClientError) as created:
        create(lambda_, uri)
    with pytest.raises(ClientError) as updated:
        lambda_.update_function_code(FunctionName="orders", ImageUri=uri)
    for raised in (created, updated):
        error = raised.value.response["Error"]
        assert error["Code"] == "InvalidParameterValueException"
        assert error["Message"] == f"Source image {uri} {fault}. Provide a valid source image."


# When this test fails, moto has filled the gap: delete awslambda/moto_images.py.
def test_plain_moto_does_not_look_images_up() -> None:
    with moto_in_this_process() as plain, aws_client("lambda", plain) as client, aws_client("iam", plain) as iam:
        make_role(iam, "of-images")
        create(client, MISSING)
        assert client.get_function(FunctionName="people")["Code"]["ResolvedImageUri"] != MISSING
        client.delete_function(FunctionName="people")
