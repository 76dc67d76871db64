"""FastAPI's own OpenTelemetry hooks (`FastAPI(telemetry=...)`): what a request runs of them while they are unused.

They cannot be left out: FastAPI imports OpenTelemetry's API, which does nothing without an SDK.
"""

import importlib.util
import sys
from pathlib import PurePath
from types import FrameType
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from opentelemetry.trace import NoOpTracer, Span, Tracer, TracerProvider
from starlette.testclient import TestClient

from common.http.application import Application, create_app

router = APIRouter()


async def dependency() -> int:
    return 1


@router.get("/things/{name}")
async def thing(name: str, number: Annotated[int, Depends(dependency)]) -> dict[str, Any]:
    return {name: number}


class Recording(NoOpTracer):
    """A tracer that notes the names of the spans that are asked of it."""

    def __init__(self) -> None:
        self.spans: list[str] = []

    def start_span(self, name: str, *arguments: Any, **options: Any) -> Span:
        self.spans.append(name)
        return super().start_span(name, *arguments, **options)


class Provider(TracerProvider):
    def __init__(self) -> None:
        self.tracer = Recording()

    def get_tracer(self, *_: Any, **__: Any) -> Tracer:
        return self.tracer


def ran(app: Application) -> set[str]:
    """The functions of FastAPI's telemetry and of OpenTelemetry that a warm request calls."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        parts = PurePath(frame.f_code.co_filename).parts
        if event == "call" and ("opentelemetry" in parts or parts[-3:-1] == ("fastapi", "telemetry")):
            found.add(frame.f_code.co_qualname)

    async def profiled(scope: Any, receive: Any, send: Any) -> None:
        sys.setprofile(note)
        try:
            await app(scope, receive, send)
        finally:
            sys.setprofile(None)

    client = TestClient(profiled)
    for _ in range(2):
        found.clear()
        assert client.get("/things/lamp").json() == {"lamp": 1}
    return found


def test_without_a_provider_a_request_only_asks_whether_there_is_one() -> None:
    found = ran(create_app("things", description="Things.", routers=[router]))
    assert found == {
        # once per signal: whether anybody has configured it
        "NativeTelemetry.enabled",
        "_unconfigured",
        "get_tracer_provider",
        "get_meter_provider",
        "get_logger_provider",
        # at each step of a request: whether its spans are wanted
        "ContextVarsRuntimeContext.get_current",
        "ExceptionTelemetryMiddleware.__call__",
        "_get_request_telemetry",
        "_operation",
        "_route_selected",
        "get_current",
        "get_telemetry_data",
        "get_value",
    }


def test_with_a_provider_the_same_request_makes_spans() -> None:
    app = create_app("things", description="Things.", routers=[router])
    provider = Provider()
    app._native_telemetry.config["tracer_provider"] = provider
    assert "NativeTelemetry.__call__" in ran(app)
    assert {"GET", "fastapi.endpoint"} <= set(provider.tracer.spans)


@pytest.mark.parametrize("package", ["opentelemetry.sdk", "opentelemetry.exporter"])
def test_the_layer_holds_the_api_and_nothing_that_would_make_or_send_spans(package: str) -> None:
    assert importlib.util.find_spec(package) is None
