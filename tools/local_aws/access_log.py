"""The access log of an HTTP API's stage.

Variables: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html.
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$context\.([A-Za-z][A-Za-z0-9.]*)")


def access_line(template: str, context: Mapping[str, Any], measured: Mapping[str, object]) -> str:
    """Fill in a stage's format from a request's context and what was measured; what has no value becomes `-`."""
    values = {
        "accountId": context["accountId"],
        "apiId": context["apiId"],
        "domainName": context["domainName"],
        "domainPrefix": context["domainPrefix"],
        "extendedRequestId": context["requestId"],
        "httpMethod": context["http"]["method"],
        "identity.sourceIp": context["http"]["sourceIp"],
        "identity.userAgent": context["http"]["userAgent"],
        "path": context["http"]["path"],
        "protocol": context["http"]["protocol"],
        "requestId": context["requestId"],
        "requestTime": context["time"],
        "requestTimeEpoch": context["timeEpoch"],
        "routeKey": context["routeKey"],
        "stage": context["stage"],
    } | dict(measured)
    return _VARIABLE.sub(lambda match: _escaped(values.get(match[1])), template)


def _escaped(value: object) -> str:
    return "-" if value is None else json.dumps(str(value))[1:-1]


class AccessLog:
    """Appends lines to a file in the logs' folder, as events of CloudWatch Logs."""

    def __init__(self, folder: Path, group: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{group.rpartition('/')[2]}.access.jsonl"

    def write(self, line: str) -> None:
        """Keep one line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"timestamp": int(time.time() * 1000), "message": line}) + "\n")
