"""The embedded AWS's own HTTP interface, apart from the API that it serves."""

import traceback
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local_aws.deployment import DeploymentError
from local_aws.xray import Traces


def admin_app(traces: Traces, deploy: Callable[[], Awaitable[None]]) -> Starlette:
    """Make the application: `POST /deployments`, `GET /traces` and `GET /traces/{trace_id}`."""

    async def post_deployment(_request: Request) -> JSONResponse:
        try:
            await deploy()
        except DeploymentError as error:
            return JSONResponse({"message": str(error)}, status_code=409)
        except Exception as error:  # noqa: BLE001 - the terminal that deploys is told, this one shows where
            traceback.print_exc()
            return JSONResponse({"message": f"{type(error).__name__}: {error}"}, status_code=500)
        return JSONResponse({"message": "deployed"})

    async def get_traces(_request: Request) -> JSONResponse:
        return JSONResponse({"traces": traces.ids()})

    async def get_trace(request: Request) -> JSONResponse:
        trace_id = request.path_params["trace_id"]
        documents = traces.documents(trace_id)
        if documents is None:
            return JSONResponse({"message": "no such trace"}, status_code=404)
        return JSONResponse({"id": trace_id, "segments": documents})

    return Starlette(
        routes=[
            Route("/deployments", post_deployment, methods=["POST"]),
            Route("/traces", get_traces),
            Route("/traces/{trace_id}", get_trace),
        ]
    )
