import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane
from local_aws.logs.delivery import (
    BACKLOG,
    BATCH_BYTES,
    BATCH_EVENTS,
    EVENT_OVERHEAD,
    Line,
    LogDelivery,
    batches,
)

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

GROUP = "/aws/lambda/echo"


@pytest.fixture
def logs(control_plane: ControlPlane) -> Iterator["CloudWatchLogsClient"]:
    client: CloudWatchLogsClient = operator_client("logs", control_plane.environment)
    client.create_log_group(logGroupName=GROUP)
    yield client
    client.delete_log_group(logGroupName=GROUP)


def deliver(control_plane: ControlPlane, lines: list[Line]) -> None:
    async def run() -> None:
        async with LogDelivery.to(control_plane.environment) as delivery:
            for line in lines:
                delivery.put(*line)

    asyncio.run(run())


def now() -> int:
    return 1_795_000_000_000


def test_lines_are_found_in_their_group_in_order(control_plane: ControlPlane, logs: "CloudWatchLogsClient") -> None:
    written = [Line(GROUP, f"stream-{number % 2}", now() + number // 4, f"z{9 - number}") for number in range(8)]
    deliver(control_plane, [*written, Line(GROUP, "stream-0", now(), "")])
    # What `aws logs tail` calls.
    found = logs.filter_log_events(logGroupName=GROUP, interleaved=True)["events"]
    assert sorted((event["logStreamName"], event["timestamp"], event["message"]) for event in found) == sorted(
        line[1:] for line in written
    )
    for stream in ("stream-0", "stream-1"):
        events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
        assert [event["message"] for event in events] == [line.message for line in written if line.stream == stream]


def test_lines_are_delivered_without_waiting_for_the_end(logs: "CloudWatchLogsClient") -> None:
    async def run() -> None:
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def delivered(**_: object) -> None:
            loop.call_soon_threadsafe(sent.set)

        logs.meta.events.register("after-call.logs.PutLogEvents", delivered)
        async with LogDelivery(logs) as delivery, asyncio.timeout(20):
            for number in range(2):
                delivery.put(GROUP, "stream", now(), f"line {number}")
                await sent.wait()
                sent.clear()
                assert messages(logs)[-1] == f"line {number}"

    asyncio.run(run())


def messages(logs: "CloudWatchLogsClient") -> list[str]:
    return [event["message"] for event in logs.filter_log_events(logGroupName=GROUP)["events"]]


def test_missing_log_group_is_reported_and_others_are_delivered(
    control_plane: ControlPlane, logs: "CloudWatchLogsClient", caplog: pytest.LogCaptureFixture
) -> None:
    deliver(control_plane, [Line("/absent", "s", now(), "lost"), Line(GROUP, "s", now(), "kept")])
    assert "1 lines did not reach the log group /absent" in caplog.text
    assert messages(logs) == ["kept"]


def test_lines_beyond_the_backlog_are_dropped_and_reported(
    control_plane: ControlPlane, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        delivery = LogDelivery.to(control_plane.environment)
        message = "x" * (BACKLOG // 4 - EVENT_OVERHEAD)
        for _ in range(4 + 3):
            delivery.put("/absent", "s", now(), message)
        async with delivery:
            pass

    asyncio.run(run())
    assert "3 log lines were dropped" in caplog.text


def test_batches_keep_to_the_apis_limits() -> None:
    def cut(sizes: list[int]) -> list[int]:
        return [len(batch) for batch in batches(Line("g", "s", 0, "x" * size) for size in sizes)]

    assert cut([]) == []
    assert cut([1] * (BATCH_EVENTS + 1)) == [BATCH_EVENTS, 1]
    half = BATCH_BYTES // 2 - EVENT_OVERHEAD
    assert cut([half, half]) == [2]
    assert cut([half, half + 1]) == [1, 1]
