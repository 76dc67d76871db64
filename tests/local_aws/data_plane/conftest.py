"""An account for each test, with its functions' role."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane
from tests.local_aws.data_plane.account import REGION, ROLE, Account
from tests.local_aws.iam.roles import make_role
from tests.support.moto_servers import aws_client


@pytest.fixture(scope="session")
def function_role(control_plane: ControlPlane) -> None:
    with aws_client("iam", control_plane.environment) as iam:
        make_role(iam, ROLE.rpartition("/")[2])


@pytest.fixture
def account(control_plane: ControlPlane, function_role: None) -> Iterator[Account]:  # noqa: ARG001 - it only has to exist
    environment = control_plane.environment | {"AWS_REGION": REGION}
    with ExitStack() as stack:
        gateway, lambda_ = (
            stack.enter_context(closing(operator_client(service, environment)))
            for service in ("apigatewayv2", "lambda")
        )
        yield Account(environment, gateway, lambda_)
        for api in gateway.get_apis()["Items"]:
            gateway.delete_api(ApiId=api["ApiId"])
        for function in lambda_.list_functions()["Functions"]:
            lambda_.delete_function(FunctionName=function["FunctionName"])
