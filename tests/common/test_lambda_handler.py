import json
import logging
import math
from typing import Any

import pytest
from fastapi import Response
from starlette.requests import Request
from starlette.responses import StreamingResponse

from common.lambda_handler import Handler, create_handler
from common import deadline
from common.failures import Busy, Unavailable
from common.http.application import create_app
from common.http.router import Router
from common.settings import SettingsError
from common.telemetry import logs
from tests.common.conftest import no_adapters
from tests.common.lines import Lines, logged
from tests.support.emf import blobs
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext

router = Router()


@router.get("/fine")
async def fine() -> str:
    logs.logger().info("inside")
    return "fine"


@router.get("/time")
async def remaining_time() -> float:
    return deadline.remaining()


@router.get("/bug")
async def bug() -> None:
    raise ZeroDivisionError("division by zero")


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


@router.get("/unprintable-bug")
async def unprintable_bug() -> None:
    raise UnprintableError


@router.get("/unavailable")
async def unavailable() -> None:
    raise Unavailable("later")


@router.get("/busy")
async def busy() -> None:
    raise Busy("again")


@router.get("/late-bug")
async def late_bug() -> StreamingResponse:
    async def body() -> Any:
        yield b"half"
        raise ZeroDivisionError("division by zero")

    return StreamingResponse(body())


@router.post("/echo")
async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


def test_every_line_of_a_request_has_its_ids(handler: Handler, lines: Lines) -> None:
    event = http_event("GET", "/fine", headers={"x-correlation-id": "order-7"}, request_id="gateway-1")
    response = handler(event, FakeLambdaContext())
    assert response["headers"]["x-request-id"] == "gateway-1"
    found = logged(lines())
    assert [line["message"] for line in found] == ["inside", "request"]
    for line in found:
        assert line["request_id"] == "gateway-1"
        assert line["function_request_id"] == FakeLambdaContext().aws_request_id
        assert line["correlation_id"] == "order-7"
    assert {name: found[1][name] for name in ("method", "route", "status")} == {
        "method": "GET",
        "route": "/fine",
        "status": 200,
    }


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, 'quote"', "línea", "-starts-with-a-dash"])
def test_malformed_correlation_id_is_replaced(handler: Handler, lines: Lines, given: str) -> None:
    handler(http_event("GET", "/fine", headers={"x-correlation-id": given}, request_id="r"), FakeLambdaContext())
    assert {line["correlation_id"] for line in logged(lines())} == {"r"}


def test_request_keys_do_not_leak_into_the_next_request(handler: Handler, lines: Lines) -> None:
    handler(http_event("GET", "/fine", request_id="first"), FakeLambdaContext())
    lines()
    logs.logger().info("between")
    handler(http_event("GET", "/fine", request_id="second"), FakeLambdaContext())
    assert "first" not in json.dumps(lines())


def test_bug_is_one_error_line_one_fault_and_a_problem(handler: Handler, lines: Lines) -> None:
    response = handler(http_event("GET", "/bug", request_id="r"), FakeLambdaContext())
    assert (response["statusCode"], response["isBase64Encoded"]) == (500, False)
    assert json.loads(response["body"])["request_id"] == "r"
    found = lines()
    errors = [line for line in logged(found) if line["level"] == "ERROR"]
    assert len(errors) == 1
    assert errors[0]["exception_name"] == "ZeroDivisionError"
    assert errors[0]["request_id"] == "r"
    assert [line["status"] for line in logged(found) if line["message"] == "request"] == [500]
    assert [each.counted() for each in blobs(found) if each.dimensions.get("kind") == "bug"] == [{"Faults": 1}]


def test_bug_after_the_first_bytes_is_a_500_reported_once(handler: Handler, lines: Lines) -> None:
    response = handler(http_event("GET", "/late-bug"), FakeLambdaContext())
    assert response["statusCode"] == 500
    found = lines()
    assert len([line for line in logged(found) if line["level"] == "ERROR"]) == 1
    assert [each.counted()["5xx"] for each in blobs(found) if each.dimensions.get("route") == "/late-bug"] == [1]


@pytest.mark.parametrize(
    ("path", "route", "counted", "others"),
    [
        ("/fine", "/fine", {"Latency"}, []),
        ("/nowhere", "unmatched", {"Latency", "4xx"}, []),
        ("/api/v1/things/openapi.json", "/api/v1/things/openapi.json", {"Latency"}, []),
        ("/bug", "/bug", {"Latency", "5xx"}, [({"kind": "bug"}, {"Faults"}), ({}, {"5xx"})]),
        ("/unavailable", "/unavailable", {"Latency", "5xx"}, [({"kind": "unavailable"}, {"Faults"}), ({}, {"5xx"})]),
        ("/busy", "/busy", {"Latency", "5xx"}, [({}, {"5xx"})]),
    ],
)
def test_request_is_counted_once_by_its_route(
    handler: Handler,
    lines: Lines,
    function_environment: dict[str, str],
    path: str,
    route: str,
    counted: set[str],
    others: list[tuple[dict[str, str], set[str]]],
) -> None:
    handler(http_event("GET", "/fine"), FakeLambdaContext())
    lines()
    handler(http_event("GET", path), FakeLambdaContext())
    service = {"service": function_environment["POWERTOOLS_SERVICE_NAME"]}
    written = lines()
    [line] = [line for line in logged(written) if line["message"] == "request"]
    found = {tuple(sorted(each.dimensions.items())): each for each in blobs(written)}
    by_route = found.pop(tuple(sorted((service | {"route": route}).items())))
    assert by_route.metrics["Latency"] == ("Milliseconds", [line["duration_ms"]])
    assert set(by_route.metrics) == counted
    assert {key: set(each.metrics) for key, each in found.items()} == {
        tuple(sorted((service | dimensions).items())): names for dimensions, names in others
    }


@pytest.mark.parametrize("path", ["/fine", "/bug", "/late-bug", "/nowhere"])
def test_mangum_logs_nothing(handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    handler(http_event("GET", path), FakeLambdaContext())
    found = logged(lines())
    assert found
    assert not [line for line in found if line.get("logger", "").startswith("mangum")]


@pytest.mark.parametrize(("level", "written"), [("INFO", ["inside", "request"]), ("WARNING", [])])
def test_only_log_level_decides_which_lines_are_written(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch, level: str, written: list[str]
) -> None:
    # As Lambda does for a function whose log format is JSON and whose log level is TRACE.
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "TRACE")
    logging.getLogger().setLevel(logging.DEBUG)
    monkeypatch.setenv("LOG_LEVEL", level)
    handler(http_event("GET", "/fine"), FakeLambdaContext())
    assert [line["message"] for line in logged(lines())] == written
    assert not logging.getLogger("botocore").isEnabledFor(logging.INFO)


def test_event_is_never_logged(
    handler: Handler, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    handler(http_event("POST", "/echo", body="hunter2"), FakeLambdaContext())
    assert "hunter2" not in capsys.readouterr().out


def test_cold_start_is_counted_once(handler: Handler, lines: Lines) -> None:
    handler(http_event("GET", "/fine"), FakeLambdaContext())
    handler(http_event("GET", "/fine"), FakeLambdaContext())
    assert sum("ColdStart" in line for line in lines()) == 1


def test_binary_bodies_are_base64(handler: Handler) -> None:
    event = http_event("POST", "/echo", body="AP8=") | {"isBase64Encoded": True}
    response = handler(event, FakeLambdaContext())
    assert (response["isBase64Encoded"], response["body"]) == (True, "AP8=")


@pytest.mark.parametrize(
    "missing", ["ENVIRONMENT", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL", "JWT_ISSUER"]
)
def test_missing_setting_ends_init(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert missing in function_environment
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=missing):
        create_handler(create_app("things", description="Things.", routers=[]), no_adapters)


def test_bug_that_cannot_be_shown_is_one_error_line(handler: Handler, lines: Lines) -> None:
    response = handler(http_event("GET", "/unprintable-bug"), FakeLambdaContext())
    assert response["statusCode"] == 500
    error, access = logged(lines())
    assert (error["level"], error["exception_name"]) == ("ERROR", "UnprintableError")
    assert access["status"] == 500


def test_calls_may_take_the_time_of_the_invocation_but_for_a_reserve(handler: Handler) -> None:
    response = handler(http_event("GET", "/time"), FakeLambdaContext(remaining_ms=7_000))
    assert 4 < float(response["body"]) <= 7 - deadline.RESERVE_SECONDS
    assert deadline.remaining() == math.inf


def test_invocation_that_failed_leaves_no_deadline(handler: Handler) -> None:
    handler(http_event("GET", "/late-bug"), FakeLambdaContext())
    assert deadline.remaining() == math.inf
