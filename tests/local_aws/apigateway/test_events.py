import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.apigateway.events import AnswerError, Request, Response, event, message, request_context, response
from local_aws.apigateway.routing import Match
from local_aws.model.deployment import Api, Route
from local_aws.xray.trace import TraceHeader

NOW = datetime(2020, 3, 12, 19, 3, 58, 390_000, tzinfo=UTC)
TRACE = "Root=1-5e6b4a90-0123456789abcdef01234567"


def a_request(
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Request:
    return Request(
        method=method,
        path=path,
        query=query,
        headers=(("host", "id.execute-api.us-east-1.amazonaws.com"), *headers),
        body=body,
        source_ip="192.0.2.1",
        port=443,
        protocol="HTTP/1.1",
        trace=TraceHeader.parse(TRACE),
    )


def the_event(
    request: Request, *, key: str = "$default", parameters: dict[str, str] | None = None, api: Api | None = None
) -> dict[str, Any]:
    api = api or Api("api-id")
    match = Match(Route(key, "arn"), parameters or {})
    context = request_context(request, key, api, account="123456789012", request_id="id", now=NOW)
    return event(request, match, api, context)


def test_documented_event_is_created() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, format
    # 2.0, without the client certificate and the authorizer, and with the headers that API Gateway adds itself.
    request = a_request(
        method="POST",
        path="/my/path",
        query="parameter1=value1&parameter1=value2&parameter2=value",
        headers=(
            ("cookie", "cookie1; cookie2"),
            ("header1", "value1"),
            ("header2", "value1"),
            ("header2", "value2"),
            ("user-agent", "agent"),
        ),
        body=b"Hello from Lambda",
    )
    api = Api("api-id", stage_variables={"stageVariable1": "value1", "stageVariable2": "value2"})
    assert the_event(request, parameters={"parameter1": "value1"}, api=api) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "headers": {
            "content-length": "17",
            "header1": "value1",
            "header2": "value1,value2",
            "host": "id.execute-api.us-east-1.amazonaws.com",
            "user-agent": "agent",
            "x-amzn-trace-id": TRACE,
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "http": {
                "method": "POST",
                "path": "/my/path",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1584039838390,
        },
        "body": "Hello from Lambda",
        "pathParameters": {"parameter1": "value1"},
        "isBase64Encoded": False,
        "stageVariables": {"stageVariable1": "value1", "stageVariable2": "value2"},
    }


def test_missing_parts_of_a_request_are_not_in_the_event() -> None:
    bare = the_event(a_request())
    assert not {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} & bare.keys()
    assert bare["rawQueryString"] == ""
    assert bare["headers"]["content-length"] == "0"


def test_path_is_decoded_and_query_is_not() -> None:
    made = the_event(a_request(path="/caf%C3%A9/a%2Fb", query="q=a%20b&empty="))
    assert made["rawPath"] == made["requestContext"]["http"]["path"] == "/café/a/b"
    assert made["rawQueryString"] == "q=a%20b&empty="
    assert made["queryStringParameters"] == {"q": "a b", "empty": ""}


def test_domain_name_has_no_port() -> None:
    request = Request(
        "GET", "/", "", (("host", "127.0.0.1:8000"),), b"", "127.0.0.1", 8000, "HTTP/1.1", TraceHeader.parse(TRACE)
    )
    assert the_event(request)["requestContext"]["domainName"] == "127.0.0.1"


def test_x_forwarded_for_keeps_an_earlier_proxy() -> None:
    made = the_event(a_request(headers=(("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "ftp"))))
    assert made["headers"]["x-forwarded-for"] == "203.0.113.9, 192.0.2.1"
    assert made["headers"]["x-forwarded-proto"] == "http"


def test_connection_headers_are_not_forwarded() -> None:
    made = the_event(a_request(headers=(("connection", "close"), ("transfer-encoding", "chunked")), body=b"abc"))
    assert not {"connection", "transfer-encoding"} & made["headers"].keys()
    assert made["headers"]["content-length"] == "3"


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ((), True),
        ((("content-type", "application/json"),), True),
        ((("content-type", "application/problem+json; charset=utf-8"),), True),
        ((("content-type", "text/csv"),), True),
        ((("content-type", "application/xml"),), True),
        ((("content-type", "application/x-www-form-urlencoded"),), False),
        ((("content-type", "multipart/form-data; boundary=x"),), False),
        ((("content-type", "image/png"),), False),
        ((("content-type", "application/json"), ("content-encoding", "gzip")), False),
    ],
)
def test_only_text_media_types_are_text(headers: tuple[tuple[str, str], ...], *, text: bool) -> None:
    made = the_event(a_request(headers=headers, body=b"abc"))
    assert made["isBase64Encoded"] is not text
    assert made["body"] == ("abc" if text else "YWJj")


def test_text_that_is_not_utf_8_is_base64() -> None:
    made = the_event(a_request(headers=(("content-type", "text/plain"),), body=b"\xff"))
    assert (made["body"], made["isBase64Encoded"]) == ("/w==", True)


# The forms of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
# "Lambda function response for format 2.0".
@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'"Hello from Lambda!"', b"Hello from Lambda!"),
        (b'{ "message": "Hello from Lambda!" }', b'{ "message": "Hello from Lambda!" }'),
        (b"null", b"null"),
        (b"[1]", b"[1]"),
    ],
)
def test_response_without_status_code_is_the_body_of_a_200(payload: bytes, body: bytes) -> None:
    assert response(payload) == Response(200, (("content-type", "application/json"),), body)


def test_documented_response_is_read() -> None:
    output = {
        "cookies": ["cookie1", "cookie2"],
        "isBase64Encoded": True,
        "statusCode": 201,
        "headers": {"headername": "headervalue", "Content-Type": "text/plain"},
        "body": base64.b64encode(b"Hello from Lambda!").decode(),
    }
    assert response(json.dumps(output).encode()) == Response(
        201,
        (
            ("headername", "headervalue"),
            ("content-type", "text/plain"),
            ("set-cookie", "cookie1"),
            ("set-cookie", "cookie2"),
        ),
        b"Hello from Lambda!",
    )


def test_body_without_content_type_is_plain_text() -> None:
    assert response(b'{"statusCode": "404", "body": "gone"}') == Response(
        404, (("content-type", "text/plain; charset=utf-8"),), b"gone"
    )


def test_header_values_that_are_not_strings() -> None:
    output = response(b'{"statusCode": 200, "headers": {"A": 1, "B": true, "C": 1.5, "D": null}}')
    assert output.headers == (("a", "1"), ("b", "true"), ("c", "1.5"))


def test_gateway_sets_the_connection_headers() -> None:
    output = response(b'{"statusCode": 200, "headers": {"Content-Length": "9", "Transfer-Encoding": "chunked"}}')
    assert output == Response(200, (), b"")


@pytest.mark.parametrize("status", [204, 304])
def test_some_responses_have_no_body(status: int) -> None:
    assert response(json.dumps({"statusCode": status, "body": "ignored"}).encode()).body == b""


def test_lone_surrogate_in_the_body() -> None:
    assert response(b'{"statusCode": 200, "body": "\\ud800"}').body == b"?"
    assert response(b'"\\ud800"').body == b"?"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"{",
        b'{"statusCode": null}',
        b'{"statusCode": 0}',
        b'{"statusCode": 101}',
        b'{"statusCode": 600}',
        b'{"statusCode": true}',
        b'{"statusCode": "ok"}',
        b'{"statusCode": 200, "body": {"a": 1}}',
        b'{"statusCode": 200, "body": "%", "isBase64Encoded": true}',
        b'{"statusCode": 200, "body": "\\u00e9", "isBase64Encoded": true}',
        b'{"statusCode": 200, "headers": ["a"]}',
        b'{"statusCode": 200, "headers": {"a": ["b"]}}',
        b'{"statusCode": 200, "headers": {"a b": "c"}}',
        b'{"statusCode": 200, "headers": {"a": "b\\r\\nc: d"}}',
        b'{"statusCode": 200, "cookies": "a=b"}',
        b'{"statusCode": 200, "cookies": [["a=b"]]}',
    ],
)
def test_malformed_function_response_is_rejected(payload: bytes) -> None:
    with pytest.raises(AnswerError):
        response(payload)


def test_gateway_errors_are_json() -> None:
    assert message(404, "Not Found") == Response(
        404, (("content-type", "application/json"),), b'{"message":"Not Found"}'
    )
