"""Rejects the calls that create what would never run here, so that Terraform shows it instead of a successful apply.

moto stores these resources, and some services of moto would call its own imitation of a function.
"""

import io
import re
from collections.abc import Iterable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from local_aws.iam.api_call import SIGNED, ApiCall
from local_aws.iam.refusal import Refusal


class Row(NamedTuple):
    """Calls that are rejected.

    Attributes:
        call: The SigV4 signing name of the service, a colon, and a pattern of the operation: its name, or the request's
            method, path and query.
        never: What would never happen, as a sentence.
        condition: Pattern in the request's body, if other calls of the operation are supported.
    """

    call: str
    never: str
    condition: bytes = b""

    @property
    def service(self) -> str:
        """Return the signing name of the service."""
        return self.call.partition(":")[0]

    @property
    def operation(self) -> str:
        """Return the pattern of the operation."""
        return self.call.partition(":")[2]


_FUNCTION = rb"arn:aws:lambda:"
_ELSEWHERE = rb"\bEndpoint=https?%3A%2F%2F(?!(?:127\.0\.0\.1|localhost)(?:%3A|%2F|&|$))"
TABLE = (
    Row(r"lambda:POST /2015-03-31/event-source-mappings/?", "Queues and streams never invoke a function"),
    Row(r"lambda:POST /2021-10-31/functions/[^/]+/url", "Function URLs are never served"),
    Row(r"lambda:(?:PUT|POST) /2019-09-25/functions/[^/]+/event-invoke-config", "Nothing is retried or forwarded"),
    Row(r"lambda:POST /2014-11-13/functions/[^/]+/invoke-async/?", "InvokeAsync runs nothing; use Invoke"),
    Row(r"lambda:POST /2021-11-15/functions/[^/]+/response-streaming-invocations", "Responses are never streamed"),
    Row(r"apigateway:POST /v2/apis/[^/]+/authorizers", "Lambda authorizers never run", rb'"REQUEST"'),
    Row(r"apigateway:POST /restapis", "REST APIs are never served; use an HTTP API"),
    Row("events:PutTargets", "Rules of EventBridge never reach their targets"),
    Row(r"scheduler:(?:POST|PUT) /schedules/[^/]+", "Schedules never fire"),
    Row(r"pipes:(?:POST|PUT) /v1/pipes/[^/]+", "Pipes never run"),
    Row("states:CreateStateMachine", "State machines never run"),
    Row("sns:Subscribe", "Topics never invoke a function", rb"\bProtocol=lambda\b"),
    Row("sns:Subscribe", "Topics call no other machine", _ELSEWHERE),
    Row(r"s3:PUT /[^?]+\?(?:.*&)?notification\b.*", "Buckets never invoke a function", rb"<CloudFunction"),
    Row("logs:PutSubscriptionFilter", "Log groups never invoke a function", _FUNCTION),
    Row("secretsmanager:RotateSecret", "Secrets are never rotated by a function", _FUNCTION),
    Row("cognito-idp:(?:Create|Update)UserPool", "User pools never invoke a function", _FUNCTION),
)


class Unsupported:
    """A WSGI application in front of moto's."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Reject the calls of the table; forward any other."""
        signed = SIGNED.match(environ.get("HTTP_AUTHORIZATION", ""))
        row = signed and _row(signed["service"], signed["region"], environ)
        if not row:
            return self._application(environ, start_response)
        message = f"{row.never} in the embedded AWS, so the call is rejected."
        refusal = Refusal("UnsupportedOperationException", message, 400)
        status, headers, body = refusal.answer(
            row.service, targeted="HTTP_X_AMZ_TARGET" in environ, content_type=environ.get("CONTENT_TYPE", "")
        )
        start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
        return [body]


def _row(service: str, region: str, environ: WSGIEnvironment) -> Row | None:
    rows = [row for row in TABLE if row.service == service]
    # A body is read only where it decides: uploads to S3 may be large.
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    body = _body(environ) if rows and form else b""
    operation = ApiCall.read(service, region, environ, body).operation
    if " " in operation and environ.get("QUERY_STRING"):
        operation = f"{operation}?{environ['QUERY_STRING']}"
    for row in rows:
        if re.fullmatch(row.operation, operation):
            body = body or (_body(environ) if row.condition else b"")
            if re.search(row.condition, body):
                return row
    return None


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body, and leave it to be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
