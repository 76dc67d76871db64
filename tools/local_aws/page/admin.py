"""The embedded AWS's own HTTP interface, separate from the API: its pages and their JSON."""

import asyncio
import base64
import hashlib
import json
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, override

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local_aws.apigateway.journal import Entry, Journal
from local_aws.awslambda.environment import View
from local_aws.cloudwatch.dashboard import DashboardError
from local_aws.iam.calls import Call, read_calls
from local_aws.model.deployment import DeploymentError, Function
from local_aws.model.observed import Observed
from local_aws.page.alarms_view import RUNBOOK, runbook_entry
from local_aws.page.function_view import function_view
from local_aws.page.request_view import detail, summary
from local_aws.same_origin import SameOrigin
from local_aws.xray.daemon import Traces

PAGE = Path(__file__).with_name("page.html")
DASHBOARD = Path(__file__).with_name("dashboard.html")
ALARMS = Path(__file__).with_name("alarms.html")


class _Json(JSONResponse):
    @override
    def render(self, content: Any) -> bytes:
        """Write ASCII, because a log line or a path may contain a lone surrogate, which UTF-8 cannot encode."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The interface's data and actions; `app` makes the ASGI application.

    Attributes:
        api: The address of the API.
        functions: Returns the served functions with their execution environments.
        calls: The file that the control plane records AWS calls in.
        deploy: Switches to the applied deployment; raises DeploymentError if it cannot be served.
        invoke: Responds to a request to run a function.
        initialise: Responds to a request to initialise a version of a function, without running it.
        dashboard: Returns the dashboard's JSON at a time; raises DashboardError when there is no dashboard.
        alarms: Returns the alarms' JSON.
        observed: Returns what the control plane reads metrics from.
        token: What a caller has to show for an action.
    """

    api: str
    functions: Callable[[], Iterable[tuple[Function, Iterable[View]]]]
    journal: Journal
    traces: Traces
    calls: Path
    deploy: Callable[[], Awaitable[None]]
    invoke: Callable[[Request], Awaitable[Response]]
    initialise: Callable[[Request], Awaitable[Response]]
    dashboard: Callable[[float], dict[str, Any]]
    alarms: Callable[[], dict[str, Any]]
    observed: Callable[[], Observed]
    token: str

    def app(self) -> ASGIApp:
        """Return the application. It serves only 127.0.0.1 and localhost, and rejects pages of other origins.

        An action, which is any POST, needs the token, so that another user of the machine cannot run functions.
        """
        pages = [path.read_text(encoding="utf-8") for path in (PAGE, DASHBOARD, ALARMS)]
        routes = [
            Route("/", HTMLResponse(pages[0])),
            Route("/dashboard", HTMLResponse(pages[1])),
            Route("/dashboard.json", self._get_dashboard),
            Route("/alarms", HTMLResponse(pages[2])),
            Route("/alarms.json", self._get_alarms),
            Route("/runbook/{entry}", self._get_runbook),
            Route("/observed", self._get_observed),
            Route("/functions", self._get_functions),
            Route("/requests", self._get_requests),
            Route("/requests/{request_id}", self._get_request),
            Route("/segments", self._get_segments),
            Route("/traces", self._get_traces),
            Route("/traces/{trace_id}", self._get_trace),
            Route("/deployments", self._post_deployment, methods=["POST"]),
            Route("/invocations", self.invoke, methods=["POST"]),
            Route("/initialisations", self.initialise, methods=["POST"]),
        ]
        return SameOrigin(Starlette(routes=routes), _headers(pages), self.token)

    async def _get_functions(self, _request: Request) -> Response:
        now = time.time()
        return _Json({"api": self.api, "functions": [function_view(*function, now) for function in self.functions()]})

    async def _get_requests(self, _request: Request) -> Response:
        return await asyncio.to_thread(_requests, self.journal.entries())

    async def _get_request(self, request: Request) -> Response:
        entry = self.journal.entry(request.path_params["request_id"])
        if entry is None:
            return _not_found("request")
        documents = list(self.traces.documents(entry.trace_id) or ())
        return await asyncio.to_thread(_request, entry, documents, self.calls)

    async def _get_traces(self, _request: Request) -> Response:
        return _Json({"traces": self.traces.ids()})

    async def _get_segments(self, _request: Request) -> Response:
        return _Json({trace_id: self.traces.documents(trace_id) for trace_id in self.traces.ids()})

    async def _get_trace(self, request: Request) -> Response:
        trace_id = request.path_params["trace_id"]
        documents = self.traces.documents(trace_id)
        return _not_found("trace") if documents is None else _Json({"id": trace_id, "segments": documents})

    async def _get_alarms(self, _request: Request) -> Response:
        return _Json(await asyncio.to_thread(self.alarms))

    async def _get_runbook(self, request: Request) -> Response:
        entry = runbook_entry(RUNBOOK.read_text(encoding="utf-8"), request.path_params["entry"])
        return _not_found("entry") if entry is None else PlainTextResponse(entry)

    async def _get_observed(self, _request: Request) -> Response:
        return _Json(asdict(self.observed()))

    async def _get_dashboard(self, _request: Request) -> Response:
        try:
            return _Json(await asyncio.to_thread(self.dashboard, time.time()))
        except DashboardError as error:
            return _Json({"message": str(error)}, status_code=409)
        except (BotoCoreError, ClientError) as error:
            return _Json({"message": f"The control plane failed: {error}"}, status_code=503)

    async def _post_deployment(self, _request: Request) -> Response:
        try:
            await self.deploy()
        except DeploymentError as error:
            return _Json({"message": str(error)}, status_code=409)
        except Exception as error:  # noqa: BLE001 - the deploying terminal shows the message, this one the traceback
            traceback.print_exc()
            return _Json({"message": f"{type(error).__name__}: {error}"}, status_code=500)
        return _Json({"message": "deployed"})


def _not_found(noun: str) -> Response:
    return _Json({"message": f"no such {noun}"}, status_code=404)


def _requests(entries: Sequence[Entry]) -> Response:
    """Mask in another thread than the API's, because what a request sends decides how long it takes."""
    return _Json({"requests": [summary(entry) for entry in reversed(entries)]})


def _request(entry: Entry, documents: Sequence[Mapping[str, Any]], calls: Path) -> Response:
    return _Json(detail(entry, documents, _calls(calls, entry), time.time()))


def _calls(path: Path, entry: Entry) -> list[Call]:
    """Return the AWS calls of the invocation and of the INIT before it."""
    record = entry.invocation
    if record is None:
        return []
    began = record.began - (record.init_ms or 0.0) / 1000
    return read_calls(path, record.access_key_id, began, record.ended)


def _headers(pages: Sequence[str]) -> dict[str, str]:
    """Return headers that let a browser run only the pages' own scripts and styles, by their hashes."""
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(_hash(page, "script") for page in pages),
        "style-src": " ".join(_hash(page, "style") for page in pages),
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "cache-control": "no-store",
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def _hash(page: str, element: str) -> str:
    [content] = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
