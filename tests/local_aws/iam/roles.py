"""Roles like those of our Terraform modules, and clients with their credentials."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from local_aws.iam.calls import read_calls
from local_aws.iam.credentials import Credentials, RoleCredentials
from tests.support.moto_servers import aws_client

ACCOUNT = "123456789012"


def trust(service: str = "lambda") -> str:
    """Return a trust policy that lets the AWS service assume the role."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(grants: Mapping[str, list[str]]) -> str:
    """Return a policy with one statement per resource, from resource => actions."""
    statements = [
        {"Sid": f"Grant{number}", "Effect": "Allow", "Action": actions, "Resource": [resource]}
        for number, (resource, actions) in enumerate(grants.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def make_role(iam: Any, name: str) -> str:
    """Create a role without grants that Lambda may assume; return its ARN."""
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())["Role"]["Arn"]
    return arn


@contextmanager
def role_client(service: str, environment: Mapping[str, str], credentials: Credentials, **config: Any) -> Iterator[Any]:
    """Return a client with the role's temporary credentials, like a function's."""
    client: Any = boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(**config),
    )
    with closing(client):
        yield client


class Role:
    """A separate role for each test, and clients with credentials of its function `shop-dev-people`."""

    def __init__(self, plane: ControlPlane, calls: Path, open_clients: ExitStack) -> None:
        self.environment = plane.environment
        self.iam = open_clients.enter_context(aws_client("iam", plane.environment))
        self.name = f"shop-{uuid.uuid4()}"
        self.arn = make_role(self.iam, self.name)
        self.credentials = RoleCredentials(plane.environment).assume(self.arn, "shop-dev-people")
        self.session_arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/shop-dev-people"
        self._calls = calls
        self._open_clients = open_clients

    def may(self, grants: dict[str, list[str]]) -> None:
        """Replace the role's grants."""
        self.iam.put_role_policy(RoleName=self.name, PolicyName="service", PolicyDocument=policy(grants))

    def client(self, service: str, credentials: Credentials | None = None, **config: Any) -> Any:
        made = role_client(service, self.environment, credentials or self.credentials, **config)
        return self._open_clients.enter_context(made)

    def calls(self) -> list[tuple[str, str, str, bool, int]]:
        """Return the role's recorded calls: operation, action, resource, allowed, status."""
        made = read_calls(self._calls, self.credentials.access_key_id)
        assert {call.role for call in made} <= {self.name}
        return [(call.operation, call.action, call.resource, call.allowed, call.status) for call in made]


def rejected(call: Callable[[], Any], code: str = "AccessDeniedException", status: int = 400) -> str:
    """Return the message with which the call is denied."""
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RetryAttempts"] == 0
    return response["Error"]["Message"]


def denial(role: Role, action: str, resource: str) -> str:
    return (
        f"User: {role.session_arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )
