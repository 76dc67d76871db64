"""Applies a call of the operator once, even if its SDK sends it several times.

An SDK sends a call again if it lost the response, for example on a broken connection. AWS then rejects a repeated
creation, and Terraform stops. Here the second attempt gets the response of the first. All attempts of
one call have the same `amz-sdk-invocation-id`.

Calls with a role's credentials are not changed, because the services must handle repeated calls as on AWS.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

KEPT = 1000  # calls
KEPT_BYTES = 65_536  # A larger response is a read, which can be repeated.

_logger = logging.getLogger(__name__)


class _Response(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def kept(self) -> bool:
        """Return whether the call was applied. A failed call is applied again, because it may succeed now."""
        return self.status.startswith("2") and len(self.body) <= KEPT_BYTES


class Repeats:
    """A WSGI application in front of another; safe with threads.

    Args:
        application: Applies the calls.
        operator: The access key whose calls are applied once.
    """

    def __init__(self, application: WSGIApplication, operator: str) -> None:
        self._application = application
        self._operator = f"Credential={operator}/"
        self._lock = threading.Lock()
        self._first: OrderedDict[str, Future[_Response]] = OrderedDict()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to a repeated call with the response of the first attempt; wait while that is still running."""
        identity = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if identity is None or self._operator not in environ.get("HTTP_AUTHORIZATION", ""):
            return self._application(environ, start_response)
        response = self._repeated(identity, environ) or self._apply(identity, environ)
        start_response(response.status, response.headers)
        return [response.body]

    def _repeated(self, identity: str, environ: WSGIEnvironment) -> _Response | None:
        """Return the response of an earlier attempt, or None for the first one and after a failed one."""
        with self._lock:
            first = self._first.get(identity)
            if first is None:
                self._first[identity] = Future()
                while len(self._first) > KEPT:
                    self._first.popitem(last=False)
                return None
        response = first.result()
        if not response.kept:
            return self._repeated(identity, environ)
        _logger.warning(
            "%s %s was sent again (%s): the response was lost, and is sent again",
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("HTTP_AMZ_SDK_REQUEST", ""),
        )
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return response

    def _apply(self, identity: str, environ: WSGIEnvironment) -> _Response:
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            started[:] = [status, headers]

        response = _Response("500 Internal Server Error", [], b"")
        try:
            body = b"".join(self._application(environ, start))
            status, headers = started
            response = _Response(status, headers, body)
        finally:
            self._set(identity, response)
        return response

    def _set(self, identity: str, response: _Response) -> None:
        with self._lock:
            first = self._first.get(identity)
            if first is not None and not response.kept:
                del self._first[identity]
        if first is not None and not first.done():
            first.set_result(response)
