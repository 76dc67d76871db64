"""What the roles of the deployed functions may do: what these tests have made them do, and nothing else."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

from local_aws.commands.iam_report import read_accesses, rows
from local_aws.iam import calls
from local_aws.iam.calls import read_calls
from local_aws.iam.credentials import Credentials, RoleCredentials
from local_aws.session import Session
from tests.e2e.command import Up, run
from tests.local_aws.iam.roles import role_client
from tests.support.moto_servers import aws_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "123456789012"
USERS = "bookshelf-dev-users"
DENIAL = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/bookshelf-dev-books/curious is not authorized to perform: "
    f"dynamodb:GetItem on resource: arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{USERS} "
    "because no identity-based policy allows the dynamodb:GetItem action"
)


@pytest.fixture(scope="module")
def curious(session: Session) -> Credentials:
    """Credentials of the books function's role, in nobody's environment."""
    role = f"arn:aws:iam::{ACCOUNT}:role/bookshelf-dev-books"
    return RoleCredentials(session.control_plane).assume(role, "curious")


@pytest.fixture
def books_dynamodb(session: Session, curious: Credentials) -> Iterator["DynamoDBClient"]:
    with role_client("dynamodb", session.control_plane, curious) as client:
        yield client


@pytest.mark.usefixtures("whole_run")
def test_every_grant_was_used_and_no_call_was_denied(up: Up, session: Session, curious: Credentials) -> None:
    made = [call for call in read_calls(up.work / calls.FILE) if call.access_key_id != curious.access_key_id]
    assert [call for call in made if not call.allowed] == []
    found = rows(read_accesses(session.control_plane), made)
    assert {row.role for row in found} == {"bookshelf-dev-books", "bookshelf-dev-users"}
    assert [row for row in found if not row.used or not row.granted] == []


def test_books_cannot_read_the_users_table(
    books_dynamodb: "DynamoDBClient", dynamodb: "DynamoDBClient", up: Up, curious: Credentials
) -> None:
    key = {"pk": {"S": "USER#1"}, "sk": {"S": "USER"}}
    assert dynamodb.get_item(TableName=USERS, Key=key)["Item"]["username"] == {"S": "chief-tech"}
    with pytest.raises(books_dynamodb.exceptions.ClientError) as refusal:
        books_dynamodb.get_item(TableName=USERS, Key=key)
    assert refusal.value.response["Error"] == {"Code": "AccessDeniedException", "Message": DENIAL}
    [call] = read_calls(up.work / calls.FILE, curious.access_key_id)
    assert (call.role, call.action, call.allowed) == ("bookshelf-dev-books", "dynamodb:GetItem", False)
    reported = run("iam-report", "--work", str(up.work))
    assert reported.returncode == 1
    assert f"bookshelf-dev-books: GetItem needed dynamodb:GetItem on {call.resource}: 1 denied" in reported.stdout


def test_books_cannot_read_a_secret_that_is_not_named_in_its_role(session: Session, curious: Credentials) -> None:
    with aws_client("secretsmanager", session.control_plane) as operator:
        other = operator.create_secret(Name="bookshelf-dev-other", SecretString="theirs")["ARN"]
    with role_client("secretsmanager", session.control_plane, curious) as secrets:
        assert "jwt_secret" in secrets.get_secret_value(SecretId="bookshelf-dev-jwt")["SecretString"]
        for ask in (
            partial(secrets.get_secret_value, SecretId=other),
            partial(secrets.put_secret_value, SecretId="bookshelf-dev-jwt", SecretString="mine"),
        ):
            with pytest.raises(secrets.exceptions.ClientError) as refusal:
                ask()
            assert "because no identity-based policy allows" in refusal.value.response["Error"]["Message"]
            assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
