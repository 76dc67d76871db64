"""What the users service counts, and the subsegments of its operations."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from common.runtime import runtime_of
from tests.support.telemetry import Watched, watched
from tests.support.tokens import bearer
from tests.support.traces import flags
from users.app import app

USERS = "/api/v1/users"
PASSWORD = "correct horse battery staple"
NEW = {"email": "engineer@example.com", "username": "senior-engineer", "password": PASSWORD}


@pytest.fixture
def service(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watched]:
    assert function_environment
    with watched("users", monkeypatch, capsys) as service:
        yield service


def log_in(service: Watched, password: str) -> int:
    form = urlencode({"grant_type": "password", "username": NEW["email"], "password": password})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    status: int = service.ask("POST", f"{USERS}/token", body=form, headers=headers)["statusCode"]
    return status


def test_registrations_and_logins_are_counted(service: Watched) -> None:
    assert service.ask("POST", USERS, json_body=NEW)["statusCode"] == 201
    assert service.domain_metrics() == {"UsersRegistered": 1}
    assert service.operations() == {"users.register": {"dynamodb"}}
    assert service.ask("POST", USERS, json_body=NEW)["statusCode"] == 409
    assert service.domain_metrics() == {}
    assert log_in(service, PASSWORD) == 200
    assert service.domain_metrics() == {"TokensIssued": 1}
    assert service.operations() == {"users.log_in": {"secretsmanager", "dynamodb"}}


def test_rejected_logins_are_counted_and_early_ones_are_throttled(service: Watched) -> None:
    service.ask("POST", USERS, json_body=NEW)
    for _ in range(5):
        assert log_in(service, "wrong") == 401
        assert service.domain_metrics() == {"TokensRefused": 1}
        assert flags(service.traces.one("users.log_in")) == {"error"}
    assert log_in(service, PASSWORD) == 429
    assert service.domain_metrics() == {"TokensRefused": 1}
    for name in ("users.log_in", "## handler"):
        assert flags(service.traces.one(name)) == {"error", "throttle"}
    assert log_in(service, "") == 422
    assert service.domain_metrics() == {}


def test_rejected_token_is_not_counted_as_a_rejected_login(service: Watched) -> None:
    assert service.ask("GET", f"{USERS}/me", headers={"authorization": "Bearer made-up"})["statusCode"] == 401
    assert service.domain_metrics() == {}


def test_every_other_operation_is_a_subsegment(service: Watched) -> None:
    path = service.ask("POST", USERS, json_body=NEW)["headers"]["location"]
    own = bearer(int(path.rsplit("/", 1)[1]))
    change: dict[str, Any] = {"current_password": PASSWORD, "password": "another horse battery staple"}
    for method, where, body, operation in (
        ("PATCH", path, {"json_body": {"username": "chief"}}, "users.change"),
        ("PUT", f"{path}/password", {"json_body": change}, "users.set_password"),
        ("DELETE", path, {}, "users.deactivate"),
    ):
        assert service.ask(method, where, headers=own, **body)["statusCode"] < 300
        assert service.operations()[operation] == {"dynamodb"}
        assert service.domain_metrics() == {}


def test_operations_of_administrators_are_subsegments(service: Watched) -> None:
    path = service.ask("POST", USERS, json_body=NEW)["headers"]["location"]
    user_id = path.rsplit("/", 1)[1]
    runtime_of(app).dynamodb.update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"pk": {"S": f"USER#{user_id}"}, "sk": {"S": "USER"}},
        UpdateExpression="SET scopes = :scopes",
        ExpressionAttributeValues={":scopes": {"L": [{"S": "users:admin"}]}},
    )
    admin = bearer(int(user_id), "users:admin")
    for method, where, operation in (("GET", USERS, "users.list"), ("POST", f"{path}/erasure", "users.erase")):
        assert service.ask(method, where, headers=admin)["statusCode"] < 300
        assert service.operations()[operation] == {"dynamodb"}


def test_trace_holds_nothing_that_was_sent(service: Watched) -> None:
    service.ask("POST", USERS, json_body=NEW)
    traces = str(service.traces.documents)
    log_in(service, PASSWORD)
    traces += str(service.traces.documents)
    for secret in (NEW["email"], NEW["username"], PASSWORD, "argon2", "EMAIL#", "metadata"):
        assert secret not in traces
