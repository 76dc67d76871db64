"""Delivers log lines to the control plane's CloudWatch Logs in batches, a little later, as Lambda and API Gateway do.

Limits of a batch: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Self

from botocore.config import Config

from local_aws.clients.operator_client import operator_client

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

INTERVAL = 0.5  # seconds between batches
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_OVERHEAD = 26  # bytes, which count for every event
BACKLOG = 64 * 1024 * 1024  # bytes; further lines are dropped with a warning

_logger = logging.getLogger(__name__)


# Takes a line: log group, log stream, milliseconds since the epoch, text.
type Deliver = Callable[[str, str, int, str], None]


class Line(NamedTuple):
    """One event of a stream; `timestamp` in milliseconds since the epoch."""

    group: str
    stream: str
    timestamp: int
    message: str


class LogDelivery:
    """Queues lines, and delivers them while the `async with` block runs and when it ends."""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client
        self._waiting: deque[Line] = deque()
        self._streams: set[tuple[str, str]] = set()
        self._weight = 0
        self._dropped = 0
        self._arrived = asyncio.Event()
        self._ended = asyncio.Event()

    @classmethod
    def to(cls, environment: Mapping[str, str]) -> "LogDelivery":
        """Deliver to the control plane that `environment` (its AWS_* variables) names."""
        client: CloudWatchLogsClient = operator_client(
            "logs",
            environment,
            config=Config(parameter_validation=False),  # It would take most of the delivery's time.
        )
        return cls(client)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._deliver())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        self._arrived.set()
        await self._task

    def put(self, group: str, stream: str, timestamp: int, message: str) -> None:
        """Queue one line; an empty line is dropped."""
        if not message:
            return
        weight = len(message) + EVENT_OVERHEAD
        if self._weight + weight > BACKLOG:
            self._dropped += 1
            return
        self._weight += weight
        self._waiting.append(Line(group, stream, timestamp, message))
        self._arrived.set()

    async def _deliver(self) -> None:
        while not self._ended.is_set():
            await self._arrived.wait()
            self._arrived.clear()
            await asyncio.to_thread(self._send, self._take())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), INTERVAL)
        await asyncio.to_thread(self._send, self._take())

    def _take(self) -> list[Line]:
        taken = list(self._waiting)
        self._waiting.clear()
        self._weight = 0
        if self._dropped:
            _logger.warning("%d log lines were dropped: CloudWatch Logs could not keep up", self._dropped)
            self._dropped = 0
        return taken

    def _send(self, lines: list[Line]) -> None:
        lines.sort(key=lambda line: line[:3])  # Lines of one millisecond stay in their order.
        for (group, stream), events in groupby(lines, key=lambda line: (line.group, line.stream)):
            for batch in batches(events):
                try:
                    self._put(group, stream, batch)
                except Exception as error:  # noqa: BLE001 - a failure of one group must not end the delivery
                    self._streams.discard((group, stream))
                    _logger.warning("%d lines did not reach the log group %s: %s", len(batch), group, error)

    def _put(self, group: str, stream: str, batch: list[Line]) -> None:
        if (group, stream) not in self._streams:
            with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
                self._client.create_log_stream(logGroupName=group, logStreamName=stream)
            self._streams.add((group, stream))
        self._client.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": line.timestamp, "message": line.message} for line in batch],
        )


def batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Cut lines into as few batches as the API's limits allow."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        weight = len(line.message.encode()) + EVENT_OVERHEAD
        if batch and (len(batch) == BATCH_EVENTS or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += weight
    if batch:
        yield batch
