"""API Gateway HTTP API events, payload 2.0, as AWS documents them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import json
from typing import Any


def http_event(
    method: str,
    path: str,
    *,
    json_body: object = None,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    request_id: str = "JKJaXmPLvHcESHA=",
    claims: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the event of a request; `claims` are those of a token that a JWT authorizer has verified."""
    sent = {"host": "id.execute-api.eu-central-1.amazonaws.com", "x-forwarded-proto": "https", **(headers or {})}
    if json_body is not None:
        body = json.dumps(json_body)
        sent.setdefault("content-type", "application/json")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": sent,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "id.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1773342238000,
        },
        "isBase64Encoded": False,
    }
    if claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    if body is not None:
        event["body"] = body
    return event
