"""Functions of images: the handler is their command, and their files are a folder."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.data_plane.reader import read_deployment
from local_aws.ecr.images import push
from local_aws.model.deployment import DeploymentError, Function, Image
from tests.local_aws.apigateway.served import Applied, served
from tests.local_aws.data_plane.account import ROLE, Account
from tests.local_aws.zips import a_deployment

FILES = {
    "var/task/main.py": """
        from common import TEXT
        def handler(event, context):
            return {"statusCode": 200, "body": TEXT}
    """,
    "opt/python/common.py": "TEXT = '{text}'",
}
FUNCTION = ROLE.rpartition("/")[2]  # the session's name in `assume`
COMMAND = {"Command": ["main.handler"]}


@pytest.fixture
def ecr(account: Account) -> Iterator[Any]:
    with closing(operator_client("ecr", account.environment)) as client:
        yield client
        for repository in client.describe_repositories()["repositories"]:
            client.delete_repository(repositoryName=repository["repositoryName"], force=True)


def pushed(ecr: Any, text: str, work: Path) -> str:
    """Push an image whose function returns the text, and return its URI."""
    for path, content in FILES.items():
        (work / "draft" / path).parent.mkdir(parents=True)
        (work / "draft" / path).write_text(dedent(content).replace("{text}", text))
    return push(ecr, "people", work / "draft", work / "images")


def applied(account: Account, uri: str, config: dict[str, list[str]]) -> Function:
    """Apply an API with a function of an image, and return the function as it is read."""
    arn = account.function(
        FUNCTION, Runtime=None, Handler=None, PackageType="Image", Code={"ImageUri": uri}, ImageConfig=config
    )
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    return read_deployment(account.environment).functions[arn]


def test_image_is_served_from_its_own_folders(account: Account, ecr: Any, work: Path) -> None:
    async def run() -> None:
        function = applied(account, pushed(ecr, "one", work), COMMAND)
        assert (function.handler, function.runtime, function.layers) == ("main.handler", "python3.13", ())
        deployments = Applied(a_deployment(function))
        async with served(deployments, work) as (plane, client):
            assert (await client.get("/")).text == "one"
            account.lambda_.update_function_code(FunctionName=FUNCTION, ImageUri=pushed(ecr, "two", work), Publish=True)
            account.lambda_.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="2")
            deployments.deployment = a_deployment(read_deployment(account.environment).functions[function.arn])
            await plane.deploy()
            assert (await client.get("/")).text == "two"

    asyncio.run(run())


def test_handler_must_be_the_command(account: Account, ecr: Any, work: Path) -> None:
    with pytest.raises(DeploymentError, match=rf"{FUNCTION}: ImageConfig\.Command must be the handler, found \[\]"):
        applied(account, pushed(ecr, "one", work), {})


def test_image_that_was_not_pushed_is_rejected(account: Account, ecr: Any, work: Path) -> None:
    uri = pushed(ecr, "one", work)
    function = applied(account, uri, COMMAND)
    assert isinstance(function.code, Image)
    ecr.batch_delete_image(repositoryName="people", imageIds=[{"imageDigest": uri.partition("@")[2]}])
    with pytest.raises(DeploymentError, match="has no files here"):
        read_deployment(account.environment)
