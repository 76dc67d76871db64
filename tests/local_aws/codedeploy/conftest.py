"""One account for all tests of deployments. A minute takes a minute here, so that a canary never ends by itself."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.codedeploy.shop import Shop, make_functions, make_group, make_roles
from tests.support.deployed.data_plane import data_plane
from tests.support.moto_servers import aws_client


@pytest.fixture(scope="package")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with ExitStack() as stack:
        control_plane = stack.enter_context(ControlPlane(minute=60.0))
        names = ("apigatewayv2", "cloudwatch", "codedeploy", "iam", "lambda", "logs")
        clients = {name: stack.enter_context(aws_client(name, control_plane.environment)) for name in names}
        roles = make_roles(clients["iam"])
        make_functions(control_plane, clients, roles["functions"])
        make_group(clients, roles["codedeploy"])
        plane = stack.enter_context(data_plane(control_plane.environment, tmp_path_factory.mktemp("work")))
        control_plane.invoke_on(plane.admin_url)
        yield Shop(clients, plane)


@pytest.fixture
def shop(shop_once: Shop) -> Shop:
    shop_once.alarm("OK")
    shop_once.reset()
    return shop_once
