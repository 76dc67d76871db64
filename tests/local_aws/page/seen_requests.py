"""Requests as journal, daemon and control plane keep them."""

import json
from typing import Any

from local_aws.apigateway.journal import Entry
from local_aws.awslambda.invocation import LogEvent, Record
from local_aws.iam.calls import Call
from local_aws.model.deployment import Archive, Function, Logging

BEGAN = 1795292231.0
TRACE = "1-6b01fc47-9d664a70d31d9bae21441365"
KEY = "ASIAEXAMPLE"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"


def an_entry(request_id: str = "outyCM2Urs1Di5E=", **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "request_id": request_id,
        "received": BEGAN - 0.9,
        "method": "GET",
        "path": "/orders/1",
        "query": "",
        "route_key": "ANY /orders/{proxy+}",
        "trace_id": TRACE,
        "event": an_event(),
        "status": 200,
        "duration_ms": 920.0,
        "headers": (("content-type", "application/json"),),
        "body": b'{"id":1}',
        "invocation": a_record(),
    }
    return Entry(**values | changes)


def an_event(**changes: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "ANY /orders/{proxy+}",
        "rawPath": "/orders/1",
        "rawQueryString": "",
        "headers": {"accept": "*/*"},
        "requestContext": {"requestId": "outyCM2Urs1Di5E="},
        "isBase64Encoded": False,
    } | changes


def a_record(**changes: Any) -> Record:
    values: dict[str, Any] = {
        "function": "orders",
        "environment": "2026/11/21/[1]832e77ed98b01effa681d4e29b16587b",
        "request_id": "a1b0e95a-2310-4d71-9c59-177dc27cacfe",
        "access_key_id": KEY,
        "trace_id": TRACE,
        "sampled": True,
        "began": BEGAN,
        "ended": BEGAN + 0.018,
        "init_ms": 850.0,
        "max_memory": 93,
        "error_type": None,
        "logs": (LogEvent(int(BEGAN * 1000), json.dumps({"level": "INFO", "message": "request", "status": 200})),),
    }
    return Record(**values | changes)


def a_call(time: float = BEGAN + 0.005, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "time": time,
        "access_key_id": KEY,
        "role": "orders",
        "action": "dynamodb:GetItem",
        "resource": TABLE,
        "operation": "GetItem",
        "allowed": True,
        "duration_ms": 3.5,
        "status": 200,
    }
    return Call(**values | changes)


def a_segment(
    identity: str, parent: str | None = None, start: float = 0.0, end: float | None = 1.0, **rest: Any
) -> Any:
    document = {"id": identity, "name": identity, "trace_id": TRACE, "start_time": BEGAN + start, **rest}
    return document | ({"parent_id": parent} if parent else {}) | ({"end_time": BEGAN + end} if end is not None else {})


def a_function(**changes: Any) -> Function:
    values: dict[str, Any] = {
        "name": "orders",
        "version": "3",
        "arn": "arn:aws:lambda:eu-central-1:123456789012:function:orders:live",
        "role": "arn:aws:iam::123456789012:role/orders",
        "runtime": "python3.13",
        "handler": "orders.handler.handler",
        "timeout": 15,
        "memory": 1024,
        "code": Archive("0" * 64, ""),
        "layers": (),
        "logging": Logging("/aws/lambda/orders"),
        "variables": {"TABLE_NAME": "orders", "SIGNING_KEY": "hunter2"},
    }
    return Function(**values | changes)
