"""A control plane on which the time between steps of a deployment never passes."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from tests.release.stacks import Applied
from tests.support.moto_servers import aws_client


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane(minute=3600.0) as running:
        yield running


@pytest.fixture(scope="session")
def clients(control_plane: ControlPlane) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        names = ("cloudwatch", "codedeploy", "iam", "lambda")
        yield {name: stack.enter_context(aws_client(name, control_plane.environment)) for name in names}


@pytest.fixture
def applied(clients: dict[str, Any]) -> Applied:
    return Applied(clients, f"p{uuid.uuid4().hex[:8]}")
