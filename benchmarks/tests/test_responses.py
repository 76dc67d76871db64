"""The comparison of responses finds what differs."""

import importlib
import json
from typing import Any

import pytest

from benchmarks.responses.corpus import corpus, environments
from benchmarks.responses.response import Response
from tests.conformance.found import DESCRIBED, ROWS

ANSWER = {
    "statusCode": 200,
    "headers": {"content-type": "application/json", "etag": '"1"'},
    "cookies": ["a=b"],
    "body": "{}",
    "isBase64Encoded": False,
}


def response(**changes: Any) -> Response:
    return Response.of(json.dumps(ANSWER | changes))


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("status", {"statusCode": 201}),
        ("headers", {"headers": ANSWER["headers"] | {"etag": '"2"'}}),  # type: ignore[operator]
        ("cookies", {"cookies": ["a=c"]}),
        ("body", {"body": "{ }"}),
        ("body", {"body": "e30K", "isBase64Encoded": True}),
    ],
)
def test_difference_names_the_part(part: str, changes: dict[str, Any]) -> None:
    assert response().difference(response(**changes)).startswith(f"\n  {part}\n")


def test_order_of_headers_and_encoding_of_the_body_do_not_differ() -> None:
    headers = dict(reversed(ANSWER["headers"].items()))  # type: ignore[attr-defined]
    assert not response().difference(response(headers=headers, body="e30=", isBase64Encoded=True))


def test_unknown_part_of_a_response_is_rejected() -> None:
    with pytest.raises(ValueError, match="unknown parts: trailers"):
        response(trailers={})


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_operation_is_sent(service: str) -> None:
    document = importlib.import_module(f"{service}.app").app.openapi()
    sent = [asked.name for variables in environments(service) for asked in corpus(service, variables, document)]
    for row in ROWS:
        if row.service == service:
            assert any(name.startswith(f"{row.operation}: case ") for name in sent), row
    assert len(sent) > 150
