import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from local_aws.control_plane.repeats import KEPT, KEPT_BYTES, Repeats
from tests.support.moto_servers import aws_client
from tests.support.racing import race

OPERATOR = "ANOPERATOR"


class Counter:
    """Answers each call with its number, counted from 1, and the given status."""

    def __init__(self, *statuses: str, padding: int = 0) -> None:
        self.calls = 0
        self._statuses = list(statuses)
        self._padding = padding

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.calls += 1
        start_response(self._statuses.pop(0) if self._statuses else "201 Created", [("X-Number", str(self.calls))])
        return [str(self.calls).encode(), b" " * self._padding]


def send(application: WSGIApplication, identity: str | None, key: str = OPERATOR) -> tuple[str, str]:
    """Send a call, as the attempt of the SDK's call `identity`; return status and body."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/functions",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/lambda/aws4_request, Signed...",
        "CONTENT_LENGTH": "2",
        "wsgi.input": BytesIO(b"{}"),
    }
    if identity is not None:
        environ["HTTP_AMZ_SDK_INVOCATION_ID"] = identity
    statuses: list[str] = []

    def start_response(status: str, _headers: list[tuple[str, str]], *_: Any) -> Any:
        statuses.append(status)

    body = b"".join(application(environ, start_response)).decode().strip()
    return statuses[0], body


def test_repeated_call_gets_the_first_response() -> None:
    counter = Counter()
    repeats = Repeats(counter, OPERATOR)
    assert [send(repeats, "one") for _ in range(3)] == [("201 Created", "1")] * 3
    assert counter.calls == 1


def test_calls_with_other_ids_are_applied() -> None:
    repeats = Repeats(Counter(), OPERATOR)
    assert [send(repeats, identity)[1] for identity in ("one", "two", "one")] == ["1", "2", "1"]


def test_call_without_id_is_applied_each_time() -> None:
    repeats = Repeats(Counter(), OPERATOR)
    assert [send(repeats, None)[1] for _ in range(2)] == ["1", "2"]


def test_call_with_a_roles_credentials_is_applied_each_time() -> None:
    repeats = Repeats(Counter(), OPERATOR)
    assert [send(repeats, "one", key="ASIAROLE")[1] for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize("status", ["400 Bad Request", "501 Not Implemented"])
def test_failed_call_is_applied_again(status: str) -> None:
    repeats = Repeats(Counter(status), OPERATOR)
    assert [send(repeats, "one") for _ in range(3)] == [(status, "1"), ("201 Created", "2"), ("201 Created", "2")]


def test_large_response_is_not_kept() -> None:
    repeats = Repeats(Counter(padding=KEPT_BYTES), OPERATOR)
    assert [send(repeats, "one")[1] for _ in range(2)] == ["1", "2"]


def test_oldest_response_is_evicted() -> None:
    repeats = Repeats(Counter(), OPERATOR)
    for number in range(KEPT + 1):
        send(repeats, str(number))
    assert send(repeats, "1")[1] == "2"
    assert send(repeats, "0")[1] == str(KEPT + 2)


def test_repeat_waits_for_the_first_attempt() -> None:
    counter, both_sent = Counter(), threading.Barrier(2)

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        both_sent.wait(timeout=10)
        return counter(environ, start_response)

    repeats = Repeats(slow, OPERATOR)

    def second() -> tuple[str, str]:
        both_sent.wait(timeout=10)  # The first attempt is being applied.
        return send(repeats, "one")

    assert race(lambda: send(repeats, "one"), second) == [("201 Created", "1")] * 2


def test_call_that_raises_is_applied_again() -> None:
    counter = Counter()
    broken = [True]

    def breaking(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if broken and broken.pop():
            raise RuntimeError
        return counter(environ, start_response)

    repeats = Repeats(breaking, OPERATOR)
    with pytest.raises(RuntimeError):
        send(repeats, "one")
    assert send(repeats, "one") == ("201 Created", "1")


@contextmanager
def losing_first_response(application: WSGIApplication, path: str) -> Iterator[dict[str, str]]:
    """Serve, and close the connection instead of the first response to a POST of `path`."""
    lost: list[str] = []

    def losing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = application(environ, start_response)
        if environ["PATH_INFO"] == path and environ["REQUEST_METHOD"] == "POST" and not lost:
            lost.append(path)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        return response

    server = make_server("127.0.0.1", 0, losing, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": OPERATOR,
            "AWS_SECRET_ACCESS_KEY": "any",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert lost == [path]


def create_function(environment: dict[str, str]) -> Any:
    with aws_client("iam", environment) as iam, aws_client("lambda", environment) as client:
        role = iam.create_role(RoleName="lost", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))["Role"]
        try:
            return client.create_function(
                FunctionName="lost",
                Role=role["Arn"],
                Runtime="python3.13",
                Handler="module.handler",
                Code={"ZipFile": b""},
                Publish=True,
            )
        finally:
            client.delete_function(FunctionName="lost")
            iam.delete_role(RoleName="lost")


def test_function_is_created_once_when_the_response_is_lost() -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    with losing_first_response(Repeats(moto, OPERATOR), "/2015-03-31/functions") as environment:
        created = create_function(environment)
    assert (created["Version"], created["ResponseMetadata"]["RetryAttempts"]) == ("1", 1)


def test_plain_moto_rejects_the_repeated_call() -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    with (
        pytest.raises(Exception, match="Function already exist: lost"),
        losing_first_response(moto, "/2015-03-31/functions") as environment,
    ):
        create_function(environment)
