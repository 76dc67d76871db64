"""The access log of an HTTP API's stage.

Variables: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html.
"""

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.apigateway.answer import Answer, Integration
from local_aws.logs.delivery import Deliver

_VARIABLE = re.compile(r"\$context\.([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)")
_OLDER_NAMES = {
    "awsEndpointRequestId": "integration.requestId",
    "integrationErrorMessage": "integration.error",
    "integrationLatency": "integration.latency",
    "integrationStatus": "integration.integrationStatus",
}


def access_line(template: str, values: Mapping[str, object]) -> str:
    """Fill in a stage's format; a variable without a value becomes `-`."""
    return _VARIABLE.sub(lambda match: _written(match[1], values), template)


def variables(context: Mapping[str, Any], answer: Answer, received: int, latency: float) -> dict[str, object]:
    """Return the values of `$context` for a request.

    Variables of features that are not served here (Lambda authorizers, IAM, client certificates) have no value.

    Args:
        context: The event's `requestContext`.
        answer: The client's response.
        received: Bytes of the request's body.
        latency: Milliseconds from the request's first byte to the response.
    """
    length = len(answer.response.body)
    return {
        "accountId": context["accountId"],
        "apiId": context["apiId"],
        "authorizer.error": answer.authorizer_error,
        "dataProcessed": received + length,
        "domainName": context["domainName"],
        "domainPrefix": context["domainPrefix"],
        "error.message": answer.error,
        "error.messageString": answer.error,
        "error.responseType": answer.error_type,
        "extendedRequestId": context["requestId"],
        "httpMethod": context["http"]["method"],
        "identity.sourceIp": context["http"]["sourceIp"],
        "identity.userAgent": context["http"]["userAgent"],
        "path": context["http"]["path"],
        "protocol": context["http"]["protocol"],
        "requestId": context["requestId"],
        "requestTime": context["time"],
        "requestTimeEpoch": context["timeEpoch"],
        "responseLatency": round(latency),
        "responseLength": length,
        "routeKey": context["routeKey"],
        "stage": context["stage"],
        "status": answer.response.status,
        **_of_claims(context),
        **(_of_integration(answer.integration) if answer.integration else {}),
    }


def _of_claims(context: Mapping[str, Any]) -> dict[str, object]:
    claims = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    return {f"authorizer.claims.{name}": value for name, value in claims.items()}


def _of_integration(integration: Integration) -> dict[str, object]:
    values: dict[str, object] = {
        "integration.error": integration.error,
        "integration.integrationStatus": integration.lambda_status,
        "integration.latency": integration.latency,
        "integration.requestId": integration.request_id,
        "integration.status": integration.status,
    }
    return values | {older: values[name] for older, name in _OLDER_NAMES.items()}


def _written(name: str, values: Mapping[str, object]) -> str:
    value = values.get(name)
    if value is None:
        return "-"
    quoted = json.dumps(str(value))
    return quoted if name == "error.messageString" else quoted[1:-1]


class AccessLog:
    """Appends lines to a file in the logs' folder, as events of CloudWatch Logs, and delivers them."""

    def __init__(self, folder: Path, group: str, stream: str, deliver: Deliver) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{group.rpartition('/')[2]}.access.jsonl"
        self._group = group
        self._stream = stream
        self._deliver = deliver

    def write(self, line: str) -> None:
        """Append one line, and deliver it."""
        now = int(time.time() * 1000)
        # Not a file object: it takes three more system calls, on every request.
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, json.dumps({"timestamp": now, "message": line}).encode() + b"\n")
        finally:
            os.close(file)
        self._deliver(self._group, self._stream, now, line)
