"""Which lines are written at once, which wait for a failure, and which are sampled."""

import asyncio
import logging
import random
import warnings
from itertools import pairwise

import httpx2
import pytest
from fastapi import APIRouter

from common.failures import Unavailable
from common.http.application import create_app
from common.lambda_handler import Handler
from common.telemetry import logs
from tests.common.lines import Lines, logged, messages
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext

router = APIRouter()
RARELY = "0.000000001"


@router.get("/fine")
async def fine() -> str:
    logs.logger().debug("detail of %s", "fine", extra={"step": 1})
    logging.getLogger("botocore").debug("a whole request")
    return "fine"


@router.get("/bug")
async def bug() -> None:
    logs.logger().debug("detail of bug")
    raise ZeroDivisionError


@router.get("/unavailable")
async def unavailable() -> None:
    logs.logger().debug("detail of unavailable")
    raise Unavailable("Please try again.")


@router.get("/healed")
async def healed() -> str:
    logs.logger().debug("detail of healed")
    logs.logger().error("a copy is stale, and serves")
    return "healed"


@router.get("/flood")
async def flood() -> None:
    for number in range(200):
        logs.logger().debug("detail %d", number, extra={"padding": "x" * 200})
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Lambda sets for a function whose configuration says JSON and TRACE."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67891234-abcdef012345678912345678;Sampled=0")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "TRACE")


def asked(handler: Handler, *paths: str) -> None:
    for path in paths:
        handler(http_event("GET", path), FakeLambdaContext())


def test_debug_lines_of_a_request_that_succeeds_are_not_written(handler: Handler, lines: Lines) -> None:
    asked(handler, "/fine", "/nowhere")
    assert messages(lines) == ["request", "request"]


def test_debug_lines_of_a_bug_come_before_it(handler: Handler, lines: Lines) -> None:
    asked(handler, "/bug")
    assert messages(lines) == ["detail of bug", "Unhandled exception", "request"]


def test_debug_lines_of_an_unavailable_service_come_before_the_access_line(handler: Handler, lines: Lines) -> None:
    asked(handler, "/unavailable")
    found = logged(lines())
    assert [line["message"] for line in found] == ["detail of unavailable", "request"]
    assert found[0]["level"] == "DEBUG"
    assert found[0]["location"].startswith("unavailable:")
    assert found[0]["request_id"] == found[1]["request_id"]


def test_debug_lines_of_a_request_are_not_written_when_the_next_one_fails(handler: Handler, lines: Lines) -> None:
    asked(handler, "/fine", "/unavailable", "/unavailable")
    assert messages(lines) == ["request", *["detail of unavailable", "request"] * 2]


def test_an_error_that_a_request_survives_writes_no_debug_line(handler: Handler, lines: Lines) -> None:
    asked(handler, "/healed")
    assert messages(lines) == ["a copy is stale, and serves", "request"]


def test_a_request_ends_with_its_lines_and_keys_where_no_invocation_does(
    function_environment: dict[str, str], lines: Lines
) -> None:
    """As in `make dev`, where one process serves all requests."""
    assert function_environment
    app = create_app("things", description="Things.", routers=[router])

    async def both() -> None:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://things") as client:
            await client.get("/fine")
            assert logs.logger().thread_safe_get_current_keys() == {}
            await client.get("/unavailable")

    logs.start("INFO", environment="test", version="0")
    asyncio.run(both())
    assert messages(lines) == ["request", "detail of unavailable", "request"]


def test_a_buffer_that_was_too_small_says_so(handler: Handler, lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        asked(handler, "/flood")
    found = messages(lines)
    details = [message for message in found if message.startswith("detail")]
    assert details[-1] == "detail 199"
    assert 10 < len(details) < 200
    assert sum("evicted from the buffer" in message for message in found) == 1


def test_log_level_debug_writes_at_once_and_once(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    asked(handler, "/fine", "/bug")
    found = logged(lines())
    assert [line["message"] for line in found] == [
        *("detail of fine", "request"),
        *("detail of bug", "Unhandled exception", "request"),
    ]
    assert found[0]["location"].startswith("fine:")
    assert found[0]["step"] == 1


def test_log_level_error_still_shows_what_led_to_a_bug(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    asked(handler, "/fine", "/bug")
    assert messages(lines) == ["detail of bug", "Unhandled exception"]


def test_without_a_trace_a_debug_line_is_only_what_log_level_makes_it(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    asked(handler, "/bug")
    assert messages(lines) == ["Unhandled exception", "request"]


def test_every_invocation_is_sampled_at_a_rate_of_one_the_cold_one_too(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "1")
    asked(handler, "/fine", "/bug", "/fine")
    assert messages(lines) == [
        *("detail of fine", "request"),
        *("detail of bug", "Unhandled exception", "request"),
        *("detail of fine", "request"),
    ]


def test_what_is_not_sampled_is_written_from_log_level_on(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", RARELY)
    asked(handler, "/fine", "/fine", "/bug")
    found = logged(lines())
    assert [line["message"] for line in found] == [
        *("request", "request"),
        *("detail of bug", "Unhandled exception", "request"),
    ]
    assert {line["sampling_rate"] for line in found} == {RARELY}


def test_a_sampled_invocation_does_not_make_the_next_one_sampled(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "0.5")
    random.seed(1)
    sampled = []
    for _ in range(20):
        asked(handler, "/fine")
        sampled.append(messages(lines) == ["detail of fine", "request"])
    assert (True, False) in pairwise(sampled)
    assert (False, True) in pairwise(sampled)


def test_a_rate_that_is_no_number_is_refused_in_init(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert function_environment
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "often")
    with pytest.raises(Exception, match="POWERTOOLS_LOGGER_SAMPLE_RATE"):
        logs.logger()
