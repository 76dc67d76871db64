import importlib
import json
from collections.abc import Iterator

import pytest

from common.lambda_handler import Handler
from common.settings import SettingsError
from tests.support.handlers import imported_afresh, packaged_like
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext


@pytest.fixture
def handler(function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    assert function_environment
    with packaged_like("users", monkeypatch) as handler:
        yield handler


def test_an_event_of_api_gateway_makes_a_user_and_another_reads_it(handler: Handler) -> None:
    event = http_event("POST", "/users/", json_body={"email": "engineer@example.com", "username": "senior-engineer"})
    created = handler(event, FakeLambdaContext())
    assert created["statusCode"] == 201
    assert created["headers"]["x-request-id"] == event["requestContext"]["requestId"]
    read = handler(http_event("GET", created["headers"]["location"]), FakeLambdaContext())
    assert (read["statusCode"], read["isBase64Encoded"]) == (200, False)
    assert json.loads(read["body"]) == json.loads(created["body"])


def test_a_problem_leaves_as_text(handler: Handler) -> None:
    answer = handler(http_event("GET", "/api/v1/users/12"), FakeLambdaContext())
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (404, False)
    assert json.loads(answer["body"])["title"] == "No such user"


@pytest.mark.usefixtures("function_environment")
def test_without_the_name_of_its_table_the_function_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    with imported_afresh("users"), pytest.raises(SettingsError, match="TABLE_NAME: Field required"):
        importlib.import_module("users.handler")
