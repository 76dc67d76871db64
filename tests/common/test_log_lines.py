"""The exact keys of each kind of log line, and the data that is never logged."""

import json
import logging
import warnings
from typing import Annotated, Any, NoReturn, cast
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.session import Session
from fastapi import Form
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, TypeAdapter

from common.lambda_handler import Handler
from common.auth.authentication import CurrentUser
from common.failures import NotFound, Unavailable
from common.http.router import Router
from common.telemetry import logs
from common.telemetry.redaction import redacted
from tests.common.lines import ACCESS, COMMON, ERROR, LIBRARY, Lines, logged
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tokens import bearer

router = Router()
TRACE = "1-67891234-abcdef012345678912345678"
ADDRESS, PASSWORD, TITLE = "ada+news@example.com", "correct horse battery", "a title that is private"


class NoSuchThing(NotFound):
    code = "thing-not-found"
    title = "No such thing"


class Registration(BaseModel):
    email: str
    password: SecretStr
    title: str
    count: int = 0


@router.get("/things/{thing_id}")
async def thing(thing_id: str) -> str:
    logs.logger().info("inside")
    logging.getLogger("urllib3").warning("pool is full: %s", "host", extra={"body": PASSWORD})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    return thing_id


@router.get("/missing/{thing_id}")
async def missing(thing_id: str) -> None:
    raise NoSuchThing(f"There is no thing {thing_id}.")


@router.get("/unavailable")
async def unavailable() -> None:
    raise Unavailable("Please try again.")


@router.get("/me")
async def me(user: CurrentUser) -> str:
    return user.subject


@router.get("/bug")
async def bug(user: CurrentUser) -> None:
    logs.logger().append_keys(leaked=user.subject)
    logs.logger().thread_safe_append_keys(leaked_too=user.subject)
    raise ZeroDivisionError("division by zero")


@router.post("/register")
async def register(body: Registration, user: CurrentUser) -> str:
    return f"{user.subject} {body.count}"


@router.post("/log-in")
async def log_in(form: Annotated[Registration, Form()]) -> None:
    raise NoSuchThing(f"{form.email} is not here.")


@router.post("/bugs/{kind}")
async def register_wrongly(kind: str, body: Registration, user: CurrentUser) -> list[int]:
    secret = body.password.get_secret_value()
    document = {"email": body.email, "password": secret, "title": body.title, "count": "many"}
    match kind:
        case "key":
            raise KeyError(body.email)
        case "token":
            raise ValueError(bearer(7)["Authorization"])
        case "model":
            Registration.model_validate(document)
        case "response":
            return cast("list[int]", document)  # FastAPI rejects it.
        case "cause":
            _caused(document)
        case "parameters":
            client: Any = Session().create_client("dynamodb", region_name="eu-central-1")
            client.put_item(TableName=document, Item=secret)
    raise AssertionError(f"{kind} did not fail for {user.subject}: {len(secret)}")


def _caused(document: dict[str, Any]) -> NoReturn:
    try:
        TypeAdapter(int).validate_python(document)
    except ValueError as error:
        raise RuntimeError(f"not stored for {document['email']}") from error
    raise AssertionError


@pytest.fixture(autouse=True)
def _trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1")


def call(handler: Handler, method: str, path: str, **event: Any) -> dict[str, Any]:
    return handler(http_event(method, path, **event), FakeLambdaContext())


def access_line(lines: Lines) -> dict[str, Any]:
    [line] = [line for line in logged(lines()) if line["message"] == "request"]
    return line


def test_each_kind_of_line_has_exactly_its_keys(handler: Handler, lines: Lines) -> None:
    call(handler, "GET", "/things/1")
    inside, library, warning, access = logged(lines())
    assert inside.keys() == COMMON
    assert library.keys() == warning.keys() == LIBRARY
    assert access.keys() == ACCESS
    call(handler, "GET", "/missing/1")
    assert access_line(lines).keys() == ACCESS | {"problem"}
    call(handler, "GET", "/bug", headers=bearer(7))
    error, access = (line for line in logged(lines()))
    assert error.keys() - {"leaked", "leaked_too"} == ERROR | {"principal_id"}
    assert access.keys() - {"leaked", "leaked_too"} == ACCESS | {"problem", "principal_id"}


def test_common_keys_have_the_values_of_function_and_trace(handler: Handler, lines: Lines) -> None:
    call(handler, "GET", "/things/1", request_id="r")
    call(handler, "GET", "/things/1", request_id="r")
    found = logged(lines())
    context = FakeLambdaContext()
    for line in found:
        assert line["environment"] == "test"
        assert line["version"] == "unpackaged"
        assert line["service"].startswith("service-")
        assert (line["function_name"], line["function_memory_size"]) == (context.function_name, 512)
        assert line["xray_trace_id"] == TRACE
        assert line["traceparent"] == "00-67891234abcdef012345678912345678-53995c3f42cd8ad8-01"
    assert [line["cold_start"] for line in found] == [True] * 4 + [False] * 4


def test_valid_traceparent_of_the_caller_is_logged(handler: Handler, lines: Lines) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    call(handler, "GET", "/unavailable", headers={"traceparent": given})
    assert access_line(lines)["traceparent"] == given


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "problem"),
    [
        ("GET", "/things/1", "/things/{thing_id}", 200, None),
        ("GET", "/missing/1", "/missing/{thing_id}", 404, "thing-not-found"),
        ("GET", "/unavailable", "/unavailable", 503, "unavailable"),
        ("GET", "/me", "/me", 401, "unauthenticated"),
        ("GET", "/nowhere/secret", "unmatched", 404, None),
        ("DELETE", "/things/1", "/things/{thing_id}", 405, None),
        ("POST", "/log-in", "/log-in", 422, "invalid-request"),
    ],
)
def test_access_line_has_route_template_and_problem(
    handler: Handler, lines: Lines, method: str, path: str, route: str, status: int, problem: str | None
) -> None:
    call(handler, method, path)
    line = access_line(lines)
    assert (line["method"], line["route"], line["status"], line.get("problem")) == (method, route, status, problem)


def test_only_authenticated_callers_are_logged(handler: Handler, lines: Lines) -> None:
    call(handler, "GET", "/me", headers=bearer(7))
    assert access_line(lines)["principal_id"] == "7"
    for headers in ({}, {"authorization": "Bearer of.bad.news"}):
        call(handler, "GET", "/me", headers=headers)
        assert "principal_id" not in access_line(lines)


def test_keys_of_a_failed_request_do_not_leak_into_the_next(handler: Handler, lines: Lines) -> None:
    call(handler, "GET", "/bug", headers=bearer(7))
    assert "leaked_too" in access_line(lines)
    call(handler, "GET", "/things/1")
    for line in logged(lines()):
        assert line.keys() <= ACCESS | LIBRARY


def test_bug_is_one_line_with_a_structured_stack(handler: Handler, lines: Lines) -> None:
    call(handler, "GET", "/bug", headers=bearer(7))
    [error] = [line for line in logged(lines()) if line["level"] == "ERROR"]
    assert (error["message"], error["exception_name"]) == ("Unhandled exception", "ZeroDivisionError")
    stack = error["stack_trace"]
    assert (stack["type"], stack["value"]) == ("ZeroDivisionError", "division by zero")
    assert stack["frames"][-1].keys() == {"file", "line", "function", "statement"}
    assert stack["frames"][-1]["function"] == "bug"


def test_library_line_and_python_warning_are_logged_once_each(handler: Handler, lines: Lines) -> None:
    sink = install_runtime_handler()
    call(handler, "GET", "/things/1")
    _, library, warning, _ = logged(lines())
    assert (library["logger"], library["level"], library["message"]) == ("urllib3", "WARNING", "pool is full: host")
    assert (warning["logger"], warning["level"]) == ("py.warnings", "WARNING")
    assert "DeprecationWarning: soon gone" in warning["message"]
    assert sink == []


def install_runtime_handler() -> list[str]:
    """Install the log handler of Lambda's runtime for JSON logs at TRACE, and return the lines that it writes."""
    from awslambdaric import bootstrap  # noqa: PLC0415 - on Linux only

    written: list[str] = []

    class Sink:
        def log(self, message: str, _frame_type: object = None) -> None:
            written.append(message)

    bootstrap._setup_logging(bootstrap.LogFormat.JSON, "DEBUG", Sink())
    return written


SENT = {"email": ADDRESS, "password": PASSWORD, "title": TITLE}


@pytest.mark.parametrize("log_level", ["INFO", "DEBUG"])
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/register", SENT, 200),
        ("/register", SENT | {"count": "many"}, 422),
        ("/register", [SENT], 422),
        *((f"/bugs/{kind}", SENT, 500) for kind in ("key", "token", "model", "response", "cause", "parameters")),
    ],
)
def test_addresses_passwords_tokens_and_bodies_are_never_logged(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch, path: str, body: Any, status: int, log_level: str
) -> None:
    monkeypatch.setenv("LOG_LEVEL", log_level)
    token = bearer(7)["Authorization"]
    response = call(handler, "POST", path, json_body=body, headers={"authorization": token})
    assert response["statusCode"] == status
    found = lines()
    assert ("exception" in json.dumps(found)) is (status == 500)
    assert_nothing_secret(found, token.removeprefix("Bearer "))


def test_forms_are_never_logged(handler: Handler, lines: Lines) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = call(handler, "POST", "/log-in", body=urlencode(SENT), headers=headers)
    assert response["statusCode"] == 404
    assert_nothing_secret(lines())


def assert_nothing_secret(found: list[dict[str, Any]], *secrets: str) -> None:
    written = json.dumps(found, ensure_ascii=False)
    for secret in (ADDRESS, PASSWORD, TITLE, "example.com", "horse", "eyJ", *secrets):
        assert secret not in written


def test_secret_without_a_recognizable_form_is_logged() -> None:
    """docs/telemetry.md states this limit."""
    assert redacted(KeyError(PASSWORD)) == repr(PASSWORD)


class Secret(str):
    """A text that is not shown."""

    __slots__ = ()

    def __str__(self) -> str:
        return "***"


PARTS = st.sampled_from(["a", "@b.de", "%40b.de", "eyJa.b", "\u00e4@b.de", '"', " ", "ada@example.com"])
TEXTS = st.lists(PARTS, max_size=3).map("".join)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | TEXTS.map(Secret) | TEXTS.map(ValueError),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1, max_size=3), JSON_VALUES, max_size=3))
@example({"password": Secret("hunter2")})
@example({"of": {"user": [Secret("hunter2")]}})
def test_line_with_nothing_to_hide_is_written_as_the_redacted_one(log: dict[str, Any]) -> None:
    formatter = logs.Formatter(json_default=redacted)
    line = formatter.serialize(log)
    assert line == LambdaPowertoolsFormatter.serialize(formatter, redacted(log))
    assert "hunter2" not in line
