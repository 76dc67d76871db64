"""A service whose responses can be changed, as Lambda's Invoke returns them, and a deployment of CodeDeploy."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

PATH = "/api/v1/things"
DOCUMENT = {
    "paths": {
        f"{PATH}/health": {"get": {"responses": {"200": {}}}},
        PATH: {"get": {"responses": {"200": {}, "400": {}, "503": {}}}, "post": {"responses": {"201": {}}}},
        f"{PATH}/mine": {"get": {"security": [{"bearer": []}], "responses": {"200": {}, "401": {}}}},
        f"{PATH}/open": {"get": {"security": [{"bearer": []}, {}], "responses": {"200": {}, "404": {}, "default": {}}}},
        f"{PATH}/found": {"get": {"parameters": [{"name": "q", "required": True}], "responses": {"200": {}}}},
        f"{PATH}/{{thing_id}}": {
            "parameters": [{"name": "thing_id", "required": True}],
            "get": {"responses": {"200": {}}},
        },
    }
}
STATUSES = {f"{PATH}/health": 200, f"{PATH}/openapi.json": 200, PATH: 200, f"{PATH}/mine": 401, f"{PATH}/open": 404}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

type Change = Callable[[dict[str, Any]], object]


class Service:
    """Responds to invocations of version 7 of `things`, as every service of this repository does.

    Attributes:
        events: The events that it got.
        changes: Path => what to change in the response to it.
        results: Path => the whole result of Invoke, in place of a response.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.changes: dict[str, Change] = {}
        self.results: dict[str, dict[str, Any]] = {}

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Any:  # noqa: N803 - AWS's names
        assert (FunctionName, Qualifier) == ("shop-things", "7")
        event = json.loads(Payload)
        self.events.append(event)
        path = event["rawPath"]
        if path in self.results:
            return self.results[path]
        response = self._response(path, event["requestContext"]["requestId"])
        if path in self.changes:
            self.changes[path](response)
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(response).encode())}

    def requested(self) -> list[str]:
        """Return the paths of the requests."""
        return [event["rawPath"] for event in self.events]

    def _response(self, path: str, request_id: str) -> dict[str, Any]:
        status = STATUSES.get(path, 404)
        body: object = {"status": status} if status >= 400 else {"items": []}
        if path.endswith("/health"):
            body = {"status": "ok"}
        if path.endswith("/openapi.json"):
            body = DOCUMENT
        kind = "application/problem+json" if status >= 400 else "application/json"
        text = json.dumps(body)
        return {
            "statusCode": status,
            "headers": HEADERS | {"Content-Type": kind, "X-Request-Id": request_id},
            "body": base64.b64encode(text.encode()).decode() if path == PATH else text,
            "isBase64Encoded": path == PATH,
        }


class Deployment:
    """A deployment whose one target is version 7 of `shop-things`.

    Attributes:
        reported: The results that were reported.
    """

    def __init__(self, function: str = "shop-things") -> None:
        self._function = function
        self.reported: list[tuple[str, str, str]] = []

    def list_deployment_targets(self, *, deploymentId: str) -> Any:  # noqa: N803
        assert deploymentId == "d-1"
        return {"targetIds": ["one"]}

    def batch_get_deployment_targets(self, *, deploymentId: str, targetIds: list[str]) -> Any:  # noqa: N803
        assert (deploymentId, targetIds) == ("d-1", ["one"])
        info = {"functionName": self._function, "currentVersion": "6", "targetVersion": "7"}
        return {"deploymentTargets": [{"lambdaTarget": {"lambdaFunctionInfo": info}}]}

    def put_lifecycle_event_hook_execution_status(
        self,
        *,
        deploymentId: str,  # noqa: N803
        lifecycleEventHookExecutionId: str,  # noqa: N803
        status: str,
    ) -> Any:
        self.reported.append((deploymentId, lifecycleEventHookExecutionId, status))
