"""Releases whose INIT fails: the API keeps the old version, and the next apply recovers. By the real provider.

Public reports of what these tests reproduce: https://github.com/hashicorp/terraform-provider-aws/issues/49904 and
https://github.com/hashicorp/terraform/issues/24957.
"""

import json
import socket
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from environments.account import Account
from environments.publications import to_publish_again
from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane
from local_aws.terraform.stack import Stack, StackError
from monorepo.product import product
from monorepo.services import default_service
from tests.support.applied_stack import ROOT
from tests.support.deployed.data_plane import data_plane
from tests.support.fake_zips import make_zips
from tests.support.moto_servers import aws_client

SERVICE = default_service()
FUNCTION = f"{product().name}-dev-{SERVICE.name}"
ADDRESS = f'module.service["{SERVICE.name}"].terraform_data.publication'
CODE = """
import os
def handler(event, context):
    return {"statusCode": 200, "body": "TEXT " + os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]}
"""
# Its INIT succeeds only while something listens on the port.
DEPENDENT = "import socket\nsocket.create_connection(('127.0.0.1', PORT)).close()\n"
BROKEN = "raise KeyError('a bug')\n"


@dataclass(frozen=True)
class Served:
    """The stack, its zips, its AWS, and the data plane that serves it."""

    stack: Stack
    dist: Path
    lambda_: Any
    plane: DataPlane

    def chosen(self, **sizing: object) -> "Served":
        """Return the same with another choice of size for the service."""
        variables = {**self.stack.variables, "sizing": json.dumps({SERVICE.name: sizing})}
        return replace(self, stack=replace(self.stack, variables=variables))

    def release(self, source: str, *arguments: str) -> None:
        """Apply with this code of the service, and serve it."""
        with zipfile.ZipFile(self.dist / f"{SERVICE.name}.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo(f"{SERVICE.name}/handler.py"), source)
        self.stack.apply(*arguments)
        response = httpx2.post(f"{self.plane.admin_url}/deployments", headers=self.plane.authorization, timeout=60)
        assert response.status_code == 200

    def response(self) -> str:
        """Return what the API responds."""
        return httpx2.get(self.plane.url, timeout=30).text

    def live(self) -> str:
        """Return the version with the traffic."""
        alias = self.lambda_.get_alias(FunctionName=FUNCTION, Name="live")
        assert "RoutingConfig" not in alias
        version: str = alias["FunctionVersion"]
        return version

    def state(self, version: int) -> str:
        """Return the state of a version."""
        found = self.lambda_.get_function_configuration(FunctionName=FUNCTION, Qualifier=str(version))
        state: str = found["State"]
        return state

    def provisioned(self) -> dict[str, int]:
        """Return the provisioned concurrency by version or alias."""
        configs = self.lambda_.list_provisioned_concurrency_configs(FunctionName=FUNCTION)
        return {
            config["FunctionArn"].rpartition(":")[2]: config["RequestedProvisionedConcurrentExecutions"]
            for config in configs["ProvisionedConcurrencyConfigs"]
        }

    def outputs(self) -> dict[str, Any]:
        """Replace `Terraform.outputs`."""
        return self.stack.outputs()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with ControlPlane() as control_plane, ExitStack() as stack:
        variables = {"dist_dir": str(folder / "dist"), "deletion_protection": "false"}
        made = Stack(ROOT, folder / "work", control_plane.environment, variables)
        make_zips(folder / "dist")
        made.init()
        made.apply()
        plane = stack.enter_context(data_plane(control_plane.environment, folder / "plane"))
        control_plane.invoke_on(plane.admin_url)
        lambda_ = stack.enter_context(aws_client("lambda", control_plane.environment))
        yield Served(made, folder / "dist", lambda_, plane)


def account(served: Served, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in served.stack.environment.items():
        monkeypatch.setenv(name, value)
    return Account.current()


def test_release_that_fails_in_init_under_snapstart_is_recovered(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = served.chosen(snap_start=True)
    served.release(CODE.replace("TEXT", "old"))
    old = served.live()
    assert served.response() == "old snap-start"
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    new = DEPENDENT.replace("PORT", str(port)) + CODE.replace("TEXT", "new")
    with pytest.raises(StackError):
        served.release(new)
    assert served.state(int(old) + 1) == "Failed"
    assert (served.live(), served.response()) == (old, "old snap-start")

    with socket.create_server(("127.0.0.1", port), backlog=100):
        # Terraform alone has nothing to publish.
        with pytest.raises(StackError, match="in the following state: Failed"):
            served.release(new)
        terraform: Any = served
        again = to_publish_again(terraform.outputs(), account(served, monkeypatch))
        assert again == [f"-replace={ADDRESS}"]
        served.release(new, *again)
        assert (served.live(), served.response()) == (str(int(old) + 2), "new snap-start")
        assert to_publish_again(terraform.outputs(), account(served, monkeypatch)) == []
        assert served.stack.plan() is False

    with pytest.raises(StackError):
        served.release(BROKEN)
    served.release(CODE.replace("TEXT", "fixed"))
    assert (served.live(), served.response()) == (str(int(old) + 4), "fixed snap-start")


def test_provisioned_concurrency_changes_together_with_a_release(served: Served) -> None:
    served.chosen(provisioned_concurrency={"executions": 1}).release(CODE.replace("TEXT", "first"))
    first = served.live()
    assert served.provisioned() == {first: 1}
    assert served.response() == "first provisioned-concurrency"
    more = served.chosen(provisioned_concurrency={"executions": 2})
    more.release(CODE.replace("TEXT", "second"))
    assert served.live() == str(int(first) + 1)
    assert served.provisioned() == {served.live(): 2}
    assert served.response() == "second provisioned-concurrency"
    assert more.stack.plan() is False


def test_release_that_fails_in_init_with_provisioned_concurrency_is_recovered(served: Served) -> None:
    served = served.chosen(provisioned_concurrency={"executions": 1})
    served.release(CODE.replace("TEXT", "good"))
    good = served.live()
    with pytest.raises(StackError, match="FUNCTION_ERROR_INIT_FAILURE"):
        served.release(BROKEN)
    assert (served.live(), served.response()) == (good, "good provisioned-concurrency")
    assert served.provisioned()[good] == 1
    served.release(CODE.replace("TEXT", "fixed"))
    assert served.provisioned() == {served.live(): 1}
    assert served.response() == "fixed provisioned-concurrency"
