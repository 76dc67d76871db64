"""The journey of a user through the client that openapi-python-client generates."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.eventually import eventually
from tests.support.generated_clients import GeneratedClient, GeneratedClients, assert_parsed_problem, list_to_the_end
from tests.users.journeys.accounts import PASSWORD, Person, grant, new_email

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def users(generated_clients: GeneratedClients) -> GeneratedClient:
    """Return the generated client of the service."""
    return generated_clients.of("users")


def register(users: GeneratedClient) -> tuple[Person, str]:
    """Register a user with a new e-mail address, and return the user with the version."""
    body = users.models.UserCreate(email=new_email(), username="reader", password=PASSWORD)
    created = users.send("create_user", body=body)
    assert created.status_code == 201
    return Person(created.parsed.id, body.email, PASSWORD), created.headers["etag"]


def log_in(users: GeneratedClient, person: Person, **more: str) -> Any:
    """Log the user in and return the response."""
    return users.send("create_token", body=users.models.TokenRequest(**person.form | more))


def test_user_registers_logs_in_changes_and_leaves(users: GeneratedClient) -> None:
    person, version = register(users)
    issued = log_in(users, person)
    assert (issued.status_code, issued.parsed.token_type) == (200, "bearer")
    own, one = issued.parsed.access_token, {"user_id": person.id}
    me = users.send("get_me", own)
    assert (me.parsed.id, me.parsed.email, me.parsed.scopes) == (person.id, person.email, [])
    assert users.send("get_user", own, **one).headers["etag"] == version

    change = users.models.UserChange(username="writer")
    changed = users.send("change_user", own, **one, body=change, if_match=version)
    assert (changed.status_code, changed.parsed.username) == (200, "writer")
    stale = users.send("change_user", own, **one, body=change, if_match=version)
    assert_parsed_problem(stale, 412, "version-mismatch")

    passwords = users.models.PasswordChange(password="another horse battery", current_password=PASSWORD)
    assert users.send("set_password", own, **one, body=passwords).status_code == 204
    former = users.send("deactivate_user", own, **one, if_match=changed.headers["etag"])
    assert_parsed_problem(former, 401, "insufficient-user-authentication")

    def left() -> tuple[int, object]:
        """Log in and leave: only logins from a later second than the change of the password are recent."""
        latest = log_in(users, person, password=passwords.password).parsed.access_token
        found = users.send("deactivate_user", latest, **one, if_match=changed.headers["etag"])
        return found.status_code, found.parsed if found.status_code == 204 else None

    eventually(left, (204, None))
    assert_parsed_problem(users.send("get_me", own), 401, "account-inactive")


def test_administrator_lists_users_to_the_end_and_erases(users: GeneratedClient, dynamodb: "DynamoDBClient") -> None:
    person, _ = register(users)
    grant(dynamodb, person, "users:admin")
    own = log_in(users, person).parsed.access_token
    ids = [register(users)[0].id for _ in range(3)]

    def listed() -> list[int]:
        found = list_to_the_end(partial(users.send, "list_users", own), limit=2)
        return [user.id for user in found if user.id in ids]

    eventually(listed, ids[::-1])
    assert users.send("erase_user", own, user_id=ids[0]).status_code == 204
    assert_parsed_problem(users.send("get_user", own, user_id=ids[0]), 404, "user-not-found")


def test_rejected_requests_are_parsed(users: GeneratedClient) -> None:
    models = users.models
    person, _ = register(users)
    own = log_in(users, person).parsed.access_token
    wrong = log_in(users, person, password="another horse battery")
    assert assert_parsed_problem(wrong, 400, "invalid-credentials")["error"] == "invalid_grant"
    taken = models.UserCreate(email=person.email, username="reader")
    assert_parsed_problem(users.send("create_user", body=taken), 409, "email-taken")
    nameless = models.UserCreate(email=new_email(), username=" ")
    problem = assert_parsed_problem(users.send("create_user", body=nameless), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["#/username"]
    assert_parsed_problem(users.send("get_me", "damaged"), 401, "invalid-token")
    assert_parsed_problem(users.send("list_users", own), 403, "forbidden")
    assert_parsed_problem(users.send("get_user", own, user_id=2**53 - 1), 404, "user-not-found")
