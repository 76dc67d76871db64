"""Calls of AWS: their attempts, the time these may take, and what a log line says of a call.

botocore could repeat calls as well, but it does not tell whether an earlier attempt may have been applied.
"""

import random
import time
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,  # noqa: A004 - botocore's own name
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
)

from common import deadline
from common.telemetry import logs
from common.throttling import THROTTLES

if TYPE_CHECKING:
    from botocore.client import BaseClient

# A connection, and its TLS handshake, may take this long. AWS is in the same region.
CONNECT_SECONDS: Final = 1.0
# An attempt that could not even wait this long for its response is not made.
SHORTEST_READ_SECONDS: Final = 0.1
ATTEMPTS: Final = 3
# A connection that was unused for so long is not used again. AWS documents no time after which it drops idle
# connections; its SDK for Java keeps them for a minute.
IDLE_SECONDS: Final = 30.0
# "Full jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
FIRST_PAUSE_SECONDS: Final = 0.05

# The request never reached AWS.
NOT_SENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


class Fate(Enum):
    """What an attempt that failed means for the next one.

    Attributes:
        FINAL: The same call would fail again.
        REJECTED: AWS did nothing; another attempt may succeed.
        LOST: AWS may have done what was asked; another attempt may tell.
    """

    FINAL = "final"
    REJECTED = "rejected"
    LOST = "lost"


class Judgement(NamedTuple):
    """What is done after an attempt that failed: `attempts` is how many the call may have in total, if not as usual."""

    fate: Fate
    attempts: int | None = None


type Judge = Callable[[ClientError], Judgement]
"""Judges an error that AWS responded with."""


class CallFailed(Exception):  # noqa: N818 - becomes a failure of the service that was called
    """AWS did not do what was asked in all attempts, or in the time that there was."""


class AwsCall:
    """One call of AWS and its attempts.

    Args:
        client: A client that makes one attempt for each call (see `config`).
        method: The name of its method, such as `get_item`.
        judge: Judges errors that AWS responded with.
        pause: Waits the given number of seconds between two attempts.
        attempts: The largest number of attempts.

    Attributes:
        fields: The call, as fields of a log line: names, error and number of attempts, but nothing of its content.
        lost_error: The error of an attempt that failed and may have been applied; None: there is no such attempt.
    """

    def __init__(
        self,
        client: "BaseClient",
        method: str,
        judge: Judge,
        pause: Callable[[float], None] = time.sleep,
        attempts: int = ATTEMPTS,
    ) -> None:
        meta = client.meta
        self._attempt = getattr(client, method)
        self._judge = judge
        self._pause = pause
        self._attempts = attempts
        self.lost_error: str | None = None
        self.fields: dict[str, Any] = {
            "aws_service": meta.service_model.service_id,
            "aws_operation": meta.method_to_api_mapping[method],
            "aws_attempts": 0,
        }

    @property
    def lost(self) -> bool:
        """Whether an attempt that failed may have been applied."""
        return self.lost_error is not None

    def make(self, request: dict[str, Any]) -> Any:
        """Make the call, repeat it while that can help, and return the response.

        Raises:
            CallFailed: It did not succeed in all attempts, or in the time that there was.
            ClientError: AWS responded with an error that another attempt would not change.
            BotoCoreError: The call cannot be made.
        """
        fields = self.fields
        # If a bug follows, its line says which call was the last one.
        logs.note_call(fields)
        while True:
            if not _time_left():
                fields.setdefault("aws_error", "NoTimeLeft")
                raise CallFailed(fields["aws_error"])
            fields["aws_attempts"] += 1
            try:
                response = self._attempt(**request)
            except (ClientError, BotoCoreError) as error:
                fields["aws_error"] = error_name(error)
                fate, attempts = self._judged(error)
                if fate is Fate.FINAL:
                    raise
                if fate is Fate.LOST:
                    self.lost_error = fields["aws_error"]
                if fields["aws_attempts"] >= (attempts or self._attempts):
                    raise CallFailed(fields["aws_error"]) from error
            else:
                fields.pop("aws_error", None)
                return response
            logs.logger().debug("An attempt of a call of AWS failed", extra=dict(fields))
            longest = FIRST_PAUSE_SECONDS * 2 ** (fields["aws_attempts"] - 1)
            self._pause(random.uniform(0, longest))  # noqa: S311 - jitter, not cryptography

    def _judged(self, error: ClientError | BotoCoreError) -> Judgement:
        if isinstance(error, ClientError):
            return self._judge(error)
        if isinstance(error, NOT_SENT):
            return Judgement(Fate.REJECTED)
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            # An SSLError may also end a connection that has sent the request.
            return Judgement(Fate.REJECTED, attempts=1)
        if isinstance(error, ConnectionError | HTTPClientError):
            return Judgement(Fate.LOST)
        return Judgement(Fate.FINAL)


def judged(error: ClientError) -> Judgement:
    """Judge an error as any service of AWS means it: throttled, failed itself, or rejected for good."""
    if error.response["Error"]["Code"] in THROTTLES:
        return Judgement(Fate.REJECTED)
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Judgement(Fate.LOST)
    return Judgement(Fate.FINAL)


def error_name(error: Exception) -> str:
    """Return AWS's code of an error, or the type of an exception; never its message, which may quote data.

    A cancelled transaction has the code of its first reason.
    """
    if not isinstance(error, ClientError):
        return type(error).__name__
    reasons = (reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ()))
    return next((reason for reason in reasons if reason != "None"), error.response["Error"]["Code"])


def config(read_seconds: float) -> Config:
    """Return the configuration of a client: one attempt for each call, and this timeout if no deadline is nearer."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
    )


def watch(client: "BaseClient", clock: Callable[[], float] = time.time) -> None:
    """Let the calls of a client end before the invocation does, on connections that are likely to be alive.

    Responses that were cut off are rejected. The clock returns seconds, also those of a frozen environment.
    """
    client.meta.events.register("before-call", _limit)
    client.meta.events.register("before-call", _Connections(client, clock).drop_idle)
    client.meta.events.register("before-parse", _check_length)


def _time_left() -> float:
    """Return for how many seconds an attempt may wait for its response; 0: there is no time for one."""
    # TCP and TLS have the timeout of a connection each.
    left = deadline.remaining() - 2 * CONNECT_SECONDS
    return left if left >= SHORTEST_READ_SECONDS else 0


def _limit(context: dict[str, Any], **_: Any) -> None:
    """Shorten the timeout of an attempt; botocore takes that of a single call from its context."""
    configured: float = context["client_config"].read_timeout
    left = max(_time_left(), SHORTEST_READ_SECONDS)
    if left < configured:
        context["read_timeout"] = left


class _Connections:
    """The connections of a client. While an environment is frozen, nothing tells it that AWS has dropped them."""

    def __init__(self, client: "BaseClient", clock: Callable[[], float]) -> None:
        self._close = client.close
        self._clock = clock
        self._used_at = clock()

    def drop_idle(self, **_: Any) -> None:
        now = self._clock()
        if now - self._used_at >= IDLE_SECONDS:
            self._close()  # The client makes new connections.
        self._used_at = now


def _check_length(response_dict: dict[str, Any], **_: Any) -> None:
    """Reject a response that ended too early: botocore would parse it as one without members, such as no item."""
    body, headers = response_dict["body"], response_dict["headers"]
    if not isinstance(body, bytes):
        return
    if "content-length" in headers:
        is_cut_off = len(body) != int(headers["content-length"])
    else:
        # It may have ended in its headers.
        is_cut_off = response_dict["status_code"] == HTTPStatus.OK and not body and "transfer-encoding" not in headers
    if is_cut_off:
        raise ConnectionClosedError(endpoint_url="AWS")
