"""Lambda's Invoke: checks the call, and runs the function on the data plane.

Rules: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html. Limits of the payload:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

import http.client
import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple, NoReturn
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.awslambda.exceptions import UnknownAliasException, UnknownFunctionException
from moto.awslambda.utils import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from local_aws.iam.api_call import SIGNED
from local_aws.model.function_reference import LATEST, FunctionReference
from local_aws.same_origin import bearing

PAYLOAD_LIMITS = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}  # bytes, by invocation type
_SECONDS = 1000.0  # A function may run for 15 minutes.
_NOT_RUNNING = (
    "The embedded AWS cannot run the function: only `make up` runs functions, after terraform apply has finished."
)
_NO_CONTEXT = "The embedded AWS does not pass a ClientContext to functions."
_RETURNED = ("x-amz-executed-version", "x-amz-function-error", "x-amz-log-result", "x-amzn-requestid")


class _Reply(NamedTuple):
    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Invoke:
    """A WSGI application in front of moto's, which cannot run functions without Docker.

    Args:
        application: Moto's server.
        token: Shown to the data plane.

    Attributes:
        data_plane: Address of the interface of the data plane that runs functions; None until there is one.
    """

    def __init__(self, application: WSGIApplication, token: str) -> None:
        self._application = application
        self._authorization = bearing(token)
        self.data_plane: str | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to Invoke; forward any other call."""
        signed = SIGNED.match(environ.get("HTTP_AUTHORIZATION", ""))
        query = environ.get("QUERY_STRING", "")
        function = FunctionReference.invoked(environ["REQUEST_METHOD"], environ["PATH_INFO"], query)
        if signed is None or signed["service"] != "lambda" or function is None:
            return self._application(environ, start_response)
        payload = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        reply = self._reply(function, signed["region"], environ, payload)
        headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(reply.body))}
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [reply.body]

    def read_deployment_again(self) -> None:
        """Let the data plane, if there is one, serve what is applied now."""
        if self.data_plane is None:
            return
        connection = http.client.HTTPConnection(self.data_plane.removeprefix("http://"), timeout=_SECONDS)
        try:
            connection.request("POST", "/deployments", b"", self._authorization)
            response = connection.getresponse()
            if response.status != HTTPStatus.OK:
                logging.getLogger(__name__).warning("the data plane still serves the old versions: %s", response.read())
        except ConnectionError:  # It has ended.
            pass
        finally:
            connection.close()

    def _reply(self, function: FunctionReference, region: str, environ: WSGIEnvironment, payload: bytes) -> _Reply:
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        invalid = _invalid(kind, payload, environ)
        if invalid is not None:
            return invalid
        arn = function.arn(region, DEFAULT_ACCOUNT_ID)
        try:
            backend = get_backend(function.account or DEFAULT_ACCOUNT_ID, function.region or region)
            backend.get_function(function.name, function.qualifier)
        except (UnknownAliasException, UnknownFunctionException):
            return _error(404, "ResourceNotFoundException", f"Function not found: {arn}")
        if kind == "DryRun":
            return _Reply(204)
        arn = arn if function.qualifier else f"{arn}:{LATEST}"
        return self._run(arn, kind, payload or b"{}", environ)

    def _run(self, arn: str, kind: str, payload: bytes, environ: WSGIEnvironment) -> _Reply:
        if self.data_plane is None:
            return _error(400, "UnsupportedOperationException", _NOT_RUNNING)
        # Not urllib, which would use the host's proxy.
        connection = http.client.HTTPConnection(self.data_plane.removeprefix("http://"), timeout=_SECONDS)
        try:
            path = f"/invocations?{urlencode({'function': arn, 'type': kind})}"
            headers = {**self._authorization, "X-Amzn-Trace-Id": environ.get("HTTP_X_AMZN_TRACE_ID", "")}
            connection.request("POST", path, payload, headers)
            response = connection.getresponse()
            body = response.read()
        except ConnectionError:
            return _error(400, "UnsupportedOperationException", _NOT_RUNNING)
        finally:
            connection.close()
        match response.status:
            case HTTPStatus.OK | HTTPStatus.ACCEPTED:
                returned = {name: value for name in _RETURNED if (value := response.getheader(name)) is not None}
                if environ.get("HTTP_X_AMZ_LOG_TYPE") != "Tail":
                    returned.pop("x-amz-log-result", None)
                return _Reply(response.status, returned, body)
            case HTTPStatus.TOO_MANY_REQUESTS:
                return _error(429, "TooManyRequestsException", "Rate Exceeded.")
            case HTTPStatus.CONFLICT:
                return _error(400, "InvalidParameterValueException", body.decode())
            case _:
                return _error(500, "ServiceException", f"The data plane of the embedded AWS failed: {body.decode()}")


def _invalid(kind: str, payload: bytes, environ: WSGIEnvironment) -> _Reply | None:
    """Return the error of a call that is not valid for any function."""
    limit = PAYLOAD_LIMITS.get(kind)
    if limit is None:
        return _error(400, "InvalidParameterValueException", f"{kind} is not an invocation type.")
    if "HTTP_X_AMZ_CLIENT_CONTEXT" in environ:
        return _error(400, "InvalidParameterValueException", _NO_CONTEXT)
    if len(payload) > limit:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        return _error(413, "RequestTooLargeException", text)
    try:
        json.loads(payload or b"{}", parse_constant=_reject)
    except (ValueError, RecursionError) as error:
        return _error(400, "InvalidRequestContentException", f"Could not parse request body into json: {error}")
    return None


def _error(status: int, code: str, message: str) -> _Reply:
    return _Reply(status, {"x-amzn-ErrorType": code}, json.dumps({"Type": "User", "message": message}).encode())


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
