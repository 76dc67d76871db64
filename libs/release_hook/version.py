"""Requests to one version of a function, as API Gateway would send them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

HOST = "release-hook.invalid"  # RFC 2606: never the host of a real request


class SmokeError(Exception):
    """The version must not get traffic; the message says why, without any content of a response."""


class Functions(Protocol):
    """The operation of boto3's Lambda client that sends a request."""

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Any:  # noqa: N803 - AWS's names
        """Invoke a version of a function and return its result."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response of a service.

    Attributes:
        request_id: The id that the request had.
        headers: By name in lower case.
    """

    request_id: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            SmokeError: It is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise SmokeError("the body is not JSON") from error


class Version:
    """One published version of a function."""

    def __init__(self, functions: Functions, name: str, version: str) -> None:
        self._functions = functions
        self._name = name
        self._version = version

    def get(self, path: str) -> Response:
        """Send GET without credentials, and return the response.

        Raises:
            SmokeError: The function failed, or returned something that is not a response.
        """
        request_id = f"release-hook-{uuid.uuid4()}"
        payload = json.dumps(_event(path, request_id, datetime.now(UTC))).encode()
        result = self._functions.invoke(FunctionName=self._name, Qualifier=self._version, Payload=payload)
        if "FunctionError" in result:
            raise SmokeError(f"GET {path}: the function failed ({result['FunctionError']}); its log has the error")
        return _response(path, request_id, result["Payload"].read())


def _event(path: str, request_id: str, now: datetime) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": HOST, "user-agent": "release-hook", "x-forwarded-proto": "https"},
        "requestContext": {
            "apiId": "release-hook",
            "domainName": HOST,
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "release-hook",
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", now.timetuple()),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }


def _response(path: str, request_id: str, payload: bytes) -> Response:
    try:
        result = json.loads(payload)
        body = result.get("body") or ""
        return Response(
            request_id,
            status=int(result["statusCode"]),
            headers={name.lower(): value for name, value in result["headers"].items()},
            body=base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SmokeError(f"GET {path}: the function did not return a response of an HTTP API") from error
