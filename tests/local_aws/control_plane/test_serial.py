"""Calls of one service do not run at the same time."""

import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from local_aws.control_plane.serial import Serial


def call(service: str) -> WSGIEnvironment:
    scope = f"20260102/eu-central-1/{service}/aws4_request"
    return {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=testing/{scope}, SignedHeaders=host"}


def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
    """Begin a response that nobody reads."""


@pytest.fixture
def switching() -> Iterable[None]:
    """Make Python switch between threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("switching")
def test_store_is_not_changed_while_a_call_iterates() -> None:
    store: dict[int, int] = {}

    def moto(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        for _key in store:
            pass
        store[len(store)] = 0
        yield b"%d" % sum(store.values())

    serial = Serial(moto)
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: list(serial(call("cloudwatch"), start)), range(2_000)))
    assert bodies == [[b"0"]] * 2_000
    assert len(store) == 2_000


def test_calls_of_other_services_do_not_wait() -> None:
    polled = threading.Event()

    def moto(environ: WSGIEnvironment, _: StartResponse) -> Iterable[bytes]:
        if "/sqs/" in environ["HTTP_AUTHORIZATION"]:
            assert polled.wait(10)
        else:
            polled.set()
        return []

    serial = Serial(moto)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda service: serial(call(service), start), ["sqs", "cloudwatch"]))
