"""The roles of the deployed functions grant exactly the calls that the functions sent in the end-to-end tests."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

from local_aws.commands.iam_report import read_accesses, rows
from local_aws.iam import calls
from local_aws.iam.calls import read_calls
from local_aws.iam.credentials import Credentials, RoleCredentials
from local_aws.session import Session
from tests.local_aws.iam.roles import role_client
from tests.support.deployed.up import Up, run
from tests.support.moto_servers import aws_client
from tests.support.services import SERVICES, deployed_name, deployed_role

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "123456789012"
ROLE = deployed_role(next(iter(SERVICES)))
FOREIGN = deployed_name("foreign")
DENIAL = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/curious is not authorized to perform: "
    f"dynamodb:GetItem on resource: arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{FOREIGN} "
    "because no identity-based policy allows the dynamodb:GetItem action"
)


@pytest.fixture(scope="module")
def curious(session: Session) -> Credentials:
    """Return credentials of a function's role that no function uses."""
    return RoleCredentials(session.control_plane).assume(f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", "curious")


@pytest.fixture
def function_dynamodb(session: Session, curious: Credentials) -> Iterator["DynamoDBClient"]:
    """Return a client with the permissions of the function."""
    with role_client("dynamodb", session.control_plane, curious) as client:
        yield client


@pytest.mark.usefixtures("whole_run")
def test_every_grant_is_used_and_no_call_is_denied(up: Up, session: Session, curious: Credentials) -> None:
    made = [call for call in read_calls(up.work / calls.FILE) if call.access_key_id != curious.access_key_id]
    assert [call for call in made if not call.allowed] == []
    found = rows(read_accesses(session.control_plane), made)
    assert {row.role for row in found} == {deployed_role(service) for service in SERVICES}
    assert [row for row in found if not row.used or not row.granted] == []


def test_function_cannot_read_another_table(
    function_dynamodb: "DynamoDBClient", dynamodb: "DynamoDBClient", up: Up, curious: Credentials
) -> None:
    dynamodb.create_table(
        TableName=FOREIGN,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"pk": {"S": "1"}}
    dynamodb.put_item(TableName=FOREIGN, Item=key)
    with pytest.raises(function_dynamodb.exceptions.ClientError) as denied:
        function_dynamodb.get_item(TableName=FOREIGN, Key=key)
    assert denied.value.response["Error"] == {"Code": "AccessDeniedException", "Message": DENIAL}
    [call] = read_calls(up.work / calls.FILE, curious.access_key_id)
    assert (call.role, call.action, call.allowed) == (ROLE, "dynamodb:GetItem", False)
    reported = run("iam-report", "--work", str(up.work))
    assert reported.returncode == 1
    assert f"{ROLE}: GetItem needed dynamodb:GetItem on {call.resource}: 1 denied" in reported.stdout


def test_function_can_only_read_its_own_secret(session: Session, curious: Credentials) -> None:
    own = deployed_name("jwt")
    with aws_client("secretsmanager", session.control_plane) as operator:
        foreign = operator.create_secret(Name=FOREIGN, SecretString="theirs")["ARN"]
    with role_client("secretsmanager", session.control_plane, curious) as secrets:
        assert "jwt_secret" in secrets.get_secret_value(SecretId=own)["SecretString"]
        for send in (
            partial(secrets.get_secret_value, SecretId=foreign),
            partial(secrets.put_secret_value, SecretId=own, SecretString="mine"),
        ):
            with pytest.raises(secrets.exceptions.ClientError) as denied:
                send()
            assert "because no identity-based policy allows" in denied.value.response["Error"]["Message"]
            assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
            assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
