"""Attempts of a call of AWS, and the time that they may take."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from common import aws_calls, aws_clients, deadline
from common.aws_calls import ATTEMPTS, CONNECT_SECONDS, AwsCall, CallFailed
from common.aws_clients import make_client
from common.deadline import RESERVE_SECONDS

READ_SECONDS = 3.0
ENDPOINT = "https://dynamodb.eu-central-1.amazonaws.com"
REQUEST = {"TableName": "things", "Key": {"pk": {"S": "A"}}}
FULL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(autouse=True)
def _without_deadline() -> Iterator[None]:
    yield
    deadline.end()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    aws_clients.session.cache_clear()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with closing(make_client("dynamodb", aws_calls.config(READ_SECONDS))) as client:
        yield client


def call(client: Any, pauses: list[float]) -> AwsCall:
    return AwsCall(client, "get_item", aws_calls.judged, pauses.append)


class Responses:
    """Errors in the place of responses, one for each attempt, and the timeout of each attempt."""

    def __init__(self, client: Any, *errors: Exception) -> None:
        self._errors = list(errors)
        self.timeouts: list[float] = []
        client.meta.events.register("before-send", self._raise)

    def _raise(self, request: Any, **_: Any) -> None:
        self.timeouts.append(request.context.get("read_timeout", READ_SECONDS))
        raise self._errors.pop(0)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ConnectTimeoutError(endpoint_url=ENDPOINT), False),
        (EndpointConnectionError(endpoint_url=ENDPOINT), False),
        (ProxyConnectionError(proxy_url=ENDPOINT), False),
        (ReadTimeoutError(endpoint_url=ENDPOINT), True),
        (ConnectionClosedError(endpoint_url=ENDPOINT), True),
        (SSLError(endpoint_url=ENDPOINT, error=OSError("closed")), True),
        (HTTPClientError(error=OSError("unknown")), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_connection_error_is_repeated_and_lost_if_the_request_may_have_arrived(
    client: Any, error: Exception, *, lost: bool
) -> None:
    responses, pauses = Responses(client, *[error] * ATTEMPTS), list[float]()
    made = call(client, pauses)
    with pytest.raises(CallFailed, match=type(error).__name__):
        made.make(REQUEST)
    assert (made.lost, len(responses.timeouts)) == (lost, ATTEMPTS)
    assert len(pauses) == ATTEMPTS - 1
    assert sum(pauses) < 0.2


def test_call_that_cannot_be_made_is_not_repeated(client: Any) -> None:
    responses, pauses = Responses(client, NoCredentialsError()), list[float]()
    with pytest.raises(NoCredentialsError):
        call(client, pauses).make(REQUEST)
    assert (len(responses.timeouts), pauses) == (1, [])


def test_timeout_is_the_configured_one_without_a_near_deadline(client: Any) -> None:
    responses = Responses(client, *[ReadTimeoutError(endpoint_url=ENDPOINT)] * ATTEMPTS * 2)
    for milliseconds in (None, 15_000):
        if milliseconds is not None:
            deadline.begin(milliseconds)
        with pytest.raises(CallFailed):
            call(client, []).make(REQUEST)
    assert responses.timeouts == [READ_SECONDS] * ATTEMPTS * 2


def test_timeout_is_what_remains_of_the_invocation(client: Any) -> None:
    responses = Responses(client, *[ReadTimeoutError(endpoint_url=ENDPOINT)] * ATTEMPTS)
    deadline.begin(round(1000 * (RESERVE_SECONDS + 2 * CONNECT_SECONDS + 1.5)))
    with pytest.raises(CallFailed):
        call(client, []).make(REQUEST)
    assert responses.timeouts == sorted(responses.timeouts, reverse=True)
    assert all(1.0 < timeout <= 1.5 for timeout in responses.timeouts)


def test_call_is_not_made_when_nothing_remains(client: Any) -> None:
    responses = Responses(client)
    deadline.begin(round(1000 * (RESERVE_SECONDS + 2 * CONNECT_SECONDS)))
    made = call(client, [])
    with pytest.raises(CallFailed, match="NoTimeLeft"):
        made.make(REQUEST)
    assert responses.timeouts == []
    assert made.fields["aws_attempts"] == 0


def test_attempt_that_does_not_fit_is_not_made(client: Any) -> None:
    deadline.begin(round(1000 * (RESERVE_SECONDS + 2 * CONNECT_SECONDS + 1)))
    responses = Responses(client, ReadTimeoutError(endpoint_url=ENDPOINT))
    made = AwsCall(client, "get_item", aws_calls.judged, lambda _: deadline.begin(0))
    with pytest.raises(CallFailed, match="ReadTimeoutError"):
        made.make(REQUEST)
    assert (len(responses.timeouts), made.lost) == (1, True)


@contextmanager
def answering(respond: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections by a function, and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    respond(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def wait_for(event: threading.Event, _: socket.socket) -> None:
    event.wait()


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    def made(endpoint: str) -> Any:
        aws_clients.session.cache_clear()
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        return make_client("dynamodb", aws_calls.config(READ_SECONDS))

    return made


def test_silent_server_is_left_when_the_time_is_over(client_of: Callable[[str], Any]) -> None:
    """This fails if botocore no longer takes the timeout of a call from its context."""
    released = threading.Event()
    with answering(partial(wait_for, released)) as endpoint, closing(client_of(endpoint)) as client:
        started = time.monotonic()
        deadline.begin(round(1000 * (RESERVE_SECONDS + 2 * CONNECT_SECONDS + 0.3)))
        made = call(client, [])
        with pytest.raises(CallFailed, match="ReadTimeoutError"):
            made.make(REQUEST)
        released.set()
    assert made.fields["aws_attempts"] <= ATTEMPTS
    assert time.monotonic() - started < READ_SECONDS


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"Item": {"pk"', "ConnectionClosedError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", "ConnectionClosedError"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "ConnectionClosedError"),
        (b"", "ConnectionClosedError"),
    ],
    ids=["in the body", "before the body", "in a header", "before the response"],
)
def test_response_that_was_cut_off_is_lost(client_of: Callable[[str], Any], response: bytes, error: str) -> None:
    with (
        answering(lambda connection: connection.sendall(response)) as endpoint,
        closing(client_of(endpoint)) as client,
    ):
        made = call(client, [])
        with pytest.raises(CallFailed, match=error):
            made.make(REQUEST)
    assert made.lost


def test_whole_response_is_accepted(client_of: Callable[[str], Any]) -> None:
    with (
        answering(lambda connection: connection.sendall(FULL)) as endpoint,
        closing(client_of(endpoint)) as client,
    ):
        assert "Item" not in call(client, []).make(REQUEST)


def test_error_of_a_cancelled_transaction_is_its_first_reason() -> None:
    reasons = [{"Code": "None"}, {"Code": "ThrottlingError"}]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    assert aws_calls.error_name(ClientError(response, "TransactWriteItems")) == "ThrottlingError"
