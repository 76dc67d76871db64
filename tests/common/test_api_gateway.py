"""Events of API Gateway as requests, and responses to API Gateway."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from starlette.requests import Request

from common.lambda_handler import Handler
from common.http.router import Router
from tests.common.lines import Lines
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext

router = Router()


@router.get("/seen/{rest:path}")
async def seen(request: Request) -> dict[str, Any]:
    """Return what an operation can see of its request."""
    return {
        "path": request.scope["path"],
        "scheme": request.url.scheme,
        "client": request.scope["client"],
        "server": request.scope["server"],
        "cookies": request.cookies,
    }


@router.delete("/thing", status_code=HTTPStatus.NO_CONTENT)
async def remove() -> None:
    """Remove the thing."""


def test_request_has_the_facts_of_the_event(handler: Handler) -> None:
    event = http_event("GET", "/seen/a") | {"cookies": ["a=1", "b=2"]}
    body = handler(event, FakeLambdaContext())["body"]
    domain = "id.execute-api.eu-central-1.amazonaws.com"
    assert body == (
        '{"path":"/seen/a","scheme":"https","client":["192.0.2.1",0],'
        f'"server":["{domain}",443],"cookies":{{"a":"1","b":"2"}}}}'
    )


@pytest.mark.parametrize("path", ["/seen/%31", "/seen/%2e", "/seen/a%2Fb", "/seen/%"])
def test_path_is_not_decoded_again(handler: Handler, path: str) -> None:
    response = handler(http_event("GET", path), FakeLambdaContext())
    assert json.loads(response["body"])["path"] == path


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "[::1]:8000"},
        {"host": "localhost:"},
        {"host": "a:b:c"},
        {"host": "["},
        {"host": "evil/x"},
        {"host": ""},
        {"host": "a:99999"},
        {"x-forwarded-port": "443,80"},
        {"x-forwarded-port": ""},
        {"x-forwarded-proto": "gopher"},
    ],
)
def test_odd_headers_are_harmless(handler: Handler, lines: Lines, headers: dict[str, str]) -> None:
    for path, status in (("/seen/a", 200), ("/nowhere", 404)):
        response = handler(http_event("GET", path, headers=headers, request_id="r"), FakeLambdaContext())
        assert response["statusCode"] == status
        assert response["headers"]["x-request-id"] == "r"
        assert [line["status"] for line in lines() if line.get("message") == "request"] == [status]


@pytest.mark.parametrize(
    "event", [{"warmer": True}, {"version": "1.0", "requestContext": {}}, {"Records": []}, None, [1], "text"]
)
def test_other_event_is_an_error_in_words(handler: Handler, event: Any) -> None:
    with pytest.raises(ValueError, match=r"^The event is not a request of an HTTP API \(payload format 2\.0\)\.$"):
        handler(event, FakeLambdaContext())


def test_response_without_a_body_has_no_content_type(handler: Handler) -> None:
    response = handler(http_event("DELETE", "/thing"), FakeLambdaContext())
    assert response["statusCode"] == 204
    assert response["body"] == ""
    assert "content-type" not in response["headers"]


@pytest.mark.parametrize("headers", [{}, {"headers": None}], ids=["missing", "null"])
def test_event_without_headers_is_a_request(handler: Handler, headers: dict[str, None]) -> None:
    """Consoles and tools that invoke the function leave them out."""
    event = {name: value for name, value in http_event("GET", "/seen/a").items() if name != "headers"}
    assert handler(event | headers, FakeLambdaContext())["statusCode"] == HTTPStatus.OK


def test_api_gateway_gets_the_body_of_head_to_measure_it(handler: Handler) -> None:
    got, head = (handler(http_event(method, "/seen/a"), FakeLambdaContext()) for method in ("GET", "HEAD"))
    assert head == got
