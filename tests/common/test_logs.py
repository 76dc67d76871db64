"""Lines are written immediately, buffered until a failure, or sampled."""

import asyncio
import logging
import random
import warnings
from itertools import pairwise

import httpx2
import pytest

from common.lambda_handler import Handler
from common.failures import Unavailable
from common.http.application import create_app
from common.http.router import Router
from common.telemetry import logs
from tests.common.lines import Lines, logged, messages
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext

router = Router()
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


@router.get("/recovered")
async def recovered() -> str:
    logs.logger().debug("detail of recovered")
    logs.logger().error("using a stale copy")
    return "recovered"


@router.get("/flood")
async def flood() -> None:
    for number in range(200):
        logs.logger().debug("detail %d", number, extra={"padding": "x" * 200})
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of a function whose log format is JSON and whose log level is TRACE."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67891234-abcdef012345678912345678;Sampled=0")
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "TRACE")


def call(handler: Handler, *paths: str) -> None:
    for path in paths:
        handler(http_event("GET", path), FakeLambdaContext())


def test_debug_lines_of_a_successful_request_are_not_written(handler: Handler, lines: Lines) -> None:
    call(handler, "/fine", "/nowhere")
    assert messages(lines) == ["request", "request"]


def test_debug_lines_precede_the_error_line_of_a_bug(handler: Handler, lines: Lines) -> None:
    call(handler, "/bug")
    assert messages(lines) == ["detail of bug", "Unhandled exception", "request"]


def test_debug_lines_precede_the_access_line_of_a_503(handler: Handler, lines: Lines) -> None:
    call(handler, "/unavailable")
    found = logged(lines())
    assert [line["message"] for line in found] == ["detail of unavailable", "request"]
    assert found[0]["level"] == "DEBUG"
    assert found[0]["location"].startswith("unavailable:")
    assert found[0]["request_id"] == found[1]["request_id"]


def test_debug_lines_do_not_leak_into_the_next_failed_request(handler: Handler, lines: Lines) -> None:
    call(handler, "/fine", "/unavailable", "/unavailable")
    assert messages(lines) == ["request", *["detail of unavailable", "request"] * 2]


def test_handled_error_writes_no_debug_lines(handler: Handler, lines: Lines) -> None:
    call(handler, "/recovered")
    assert messages(lines) == ["using a stale copy", "request"]


def test_lines_and_keys_end_with_a_request_outside_lambda(function_environment: dict[str, str], lines: Lines) -> None:
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


def test_full_buffer_drops_the_oldest_lines_and_warns_once(handler: Handler, lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        call(handler, "/flood")
    found = messages(lines)
    details = [message for message in found if message.startswith("detail")]
    assert details[-1] == "detail 199"
    assert 10 < len(details) < 200
    assert sum("evicted from the buffer" in message for message in found) == 1


def test_log_level_debug_writes_lines_immediately_and_once(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    call(handler, "/fine", "/bug")
    found = logged(lines())
    assert [line["message"] for line in found] == [
        *("detail of fine", "request"),
        *("detail of bug", "Unhandled exception", "request"),
    ]
    assert found[0]["location"].startswith("fine:")
    assert found[0]["step"] == 1


def test_log_level_error_still_writes_debug_lines_of_a_bug(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    call(handler, "/fine", "/bug")
    assert messages(lines) == ["detail of bug", "Unhandled exception"]


def test_debug_lines_are_not_buffered_without_a_trace(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    call(handler, "/bug")
    assert messages(lines) == ["Unhandled exception", "request"]


def test_sample_rate_1_samples_every_invocation(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "1")
    call(handler, "/fine", "/bug", "/fine")
    assert messages(lines) == [
        *("detail of fine", "request"),
        *("detail of bug", "Unhandled exception", "request"),
        *("detail of fine", "request"),
    ]


def test_unsampled_invocation_keeps_the_log_level(
    handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", RARELY)
    call(handler, "/fine", "/fine", "/bug")
    found = logged(lines())
    assert [line["message"] for line in found] == [
        *("request", "request"),
        *("detail of bug", "Unhandled exception", "request"),
    ]
    assert {line["sampling_rate"] for line in found} == {RARELY}


def test_sampling_is_decided_per_invocation(handler: Handler, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "0.5")
    random.seed(1)
    sampled = []
    for _ in range(20):
        call(handler, "/fine")
        sampled.append(messages(lines) == ["detail of fine", "request"])
    assert (True, False) in pairwise(sampled)
    assert (False, True) in pairwise(sampled)


def test_malformed_sample_rate_is_rejected_at_init(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert function_environment
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "often")
    with pytest.raises(Exception, match="POWERTOOLS_LOGGER_SAMPLE_RATE"):
        logs.logger()
