"""The interface that changes the plan: `/faults` on a port of its own, on loopback."""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from local_aws.faults.fault import FaultError
from local_aws.faults.plan import Plan, load, parse_faults

PATH = "/faults"
LARGEST = 1_000_000  # bytes of a request's body


class Interface:
    """A WSGI application: GET lists the faults and what they hit, POST adds one or a list, DELETE removes all.

    Errors are problems (RFC 9457).

    `SameOriginWsgi` protects it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to one request."""
        status, headers, content = self._respond(environ)
        body = b"" if content is None else json.dumps(content).encode()
        kind = "application/problem+json" if status >= HTTPStatus.BAD_REQUEST else "application/json"
        headers += [("Content-Type", kind)] if body else []
        start_response(f"{status} {status.phrase}", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _respond(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, list[tuple[str, str]], Any]:
        if environ["PATH_INFO"] != PATH:
            return _problem(HTTPStatus.NOT_FOUND, f"The only path is {PATH}.")
        methods: dict[str, Callable[[WSGIEnvironment], tuple[HTTPStatus, list[tuple[str, str]], Any]]] = {
            "DELETE": self._delete,
            "GET": self._get,
            "POST": self._post,
        }
        if environ["REQUEST_METHOD"] not in methods:
            status, _, content = _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Allowed: {', '.join(methods)}.")
            return status, [("Allow", ", ".join(methods))], content
        return methods[environ["REQUEST_METHOD"]](environ)

    def _delete(self, _environ: WSGIEnvironment) -> tuple[HTTPStatus, list[tuple[str, str]], Any]:
        self._plan.clear()
        return HTTPStatus.NO_CONTENT, [], None

    def _get(self, _environ: WSGIEnvironment) -> tuple[HTTPStatus, list[tuple[str, str]], Any]:
        return HTTPStatus.OK, [], {"faults": self._plan.report()}

    def _post(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, list[tuple[str, str]], Any]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()):
            return _problem(HTTPStatus.BAD_REQUEST, "Content-Length must be a number of bytes.")
        if len(length) > len(str(LARGEST)) or int(length) > LARGEST:
            return _problem(HTTPStatus.CONTENT_TOO_LARGE, f"A plan has at most {LARGEST} bytes.")
        try:
            self._plan.add(parse_faults(load(environ["wsgi.input"].read(int(length)))))
        except ValueError:
            return _problem(HTTPStatus.BAD_REQUEST, "The body must be JSON: a fault, or a list of faults.")
        except FaultError as error:
            return _problem(HTTPStatus.BAD_REQUEST, f"The plan is not valid: {error}.")
        return HTTPStatus.CREATED, [], {"faults": self._plan.report()}


def _problem(status: HTTPStatus, detail: str) -> tuple[HTTPStatus, list[tuple[str, str]], Any]:
    return status, [], {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
