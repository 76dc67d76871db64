"""The parts of FastAPI's OpenTelemetry hooks (`FastAPI(telemetry=...)`) that run although they are off."""

import sys
from pathlib import PurePath
from types import FrameType
from typing import Annotated, Any

from fastapi import Depends
from opentelemetry.trace import NoOpTracer, Span, Tracer, TracerProvider
from starlette.testclient import TestClient

from common.http.application import Application, create_app
from common.http.router import Router

router = Router()


async def dependency() -> int:
    return 1


@router.get("/things/{name}")
async def thing(name: str, number: Annotated[int, Depends(dependency)]) -> dict[str, Any]:
    return {name: number}


class RecordingTracer(NoOpTracer):
    """A tracer that records the names of the started spans."""

    def __init__(self) -> None:
        self.spans: list[str] = []

    def start_span(self, name: str, *arguments: Any, **options: Any) -> Span:
        self.spans.append(name)
        return super().start_span(name, *arguments, **options)


class RecordingProvider(TracerProvider):
    def __init__(self) -> None:
        self.tracer = RecordingTracer()

    def get_tracer(self, *_: Any, **__: Any) -> Tracer:
        return self.tracer


def called_functions(app: Application) -> set[str]:
    """Return the functions of FastAPI's telemetry and of OpenTelemetry that a warm request calls."""
    found: set[str] = set()

    def record(frame: FrameType, event: str, _: Any) -> None:
        parts = PurePath(frame.f_code.co_filename).parts
        if event == "call" and ("opentelemetry" in parts or parts[-3:-1] == ("fastapi", "telemetry")):
            found.add(frame.f_code.co_qualname)

    async def profiled(scope: Any, receive: Any, send: Any) -> None:
        sys.setprofile(record)
        try:
            await app(scope, receive, send)
        finally:
            sys.setprofile(None)

    client = TestClient(profiled)
    for _ in range(2):
        found.clear()
        assert client.get("/things/lamp").json() == {"lamp": 1}
    return found


def test_request_runs_only_these_functions() -> None:
    found = called_functions(create_app("things", description="Things.", routers=[router]))
    assert found == {
        "NativeTelemetry.enabled",
        # At each step of a request, to find out whether spans are wanted.
        "ContextVarsRuntimeContext.get_current",
        "ExceptionTelemetryMiddleware.__call__",
        "_get_request_telemetry",
        "_operation",
        "_route_selected",
        "get_current",
        "get_telemetry_data",
        "get_value",
    }


def test_request_makes_spans_if_they_are_wanted() -> None:
    provider = RecordingProvider()
    app = create_app("things", description="Things.", routers=[router], telemetry={"tracer_provider": provider})
    assert "NativeTelemetry.__call__" in called_functions(app)
    assert {"GET", "fastapi.endpoint"} <= set(provider.tracer.spans)
