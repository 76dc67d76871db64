"""Injects the planned faults into calls, in front of the services and behind the check of permissions."""

import io
import json
import logging
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from local_aws.faults.errors import error_of
from local_aws.faults.fault import OPERATOR, Call, Fault, Kind
from local_aws.faults.peer import pid_of_peer
from local_aws.faults.plan import Plan
from local_aws.iam.api_call import SIGNED, ApiCall

CALLERS = "local_aws.callers"  # key of the WSGI environment: the names of the role that calls
_RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: the connection is reset when it is closed
_MALFORMED = "a header without a colon"
_ITEMS = {"Attributes", "Item", "Items", "Responses"}

_logger = logging.getLogger(__name__)


class Faults:
    """A WSGI application in front of another; safe with threads.

    Args:
        application: Applies the calls.
        plan: The faults.
        keys: Returns the names of the attributes that are keys of tables or indexes, for `item`.
    """

    def __init__(self, application: WSGIApplication, plan: Plan, keys: Callable[[], frozenset[str]]) -> None:
        self._application = application
        self._plan = plan
        self._keys = keys

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward the call, unless a planned fault hits it."""
        signed = SIGNED.match(environ.get("HTTP_AUTHORIZATION", "")) if self._plan else None
        if signed is None:
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        service = signed["service"]
        operation = ApiCall.read(service, signed["region"], environ, body).operation
        fault = self._plan.take(Call(environ.get(CALLERS, (OPERATOR,)), service, operation))
        if fault is None:
            return self._application(environ, start_response)
        content_type = environ.get("CONTENT_TYPE", "")
        error = error_of(fault.kind, service, operation, body, content_type=content_type)
        if error is not None:
            targeted = "HTTP_X_AMZ_TARGET" in environ
            status, headers, content = error.answer(targeted=targeted, content_type=content_type)
            start_response(status, headers)
            return [content]
        return self._inject(fault, environ, start_response)

    def _inject(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match fault.kind:
            case Kind.DELAY:
                time.sleep(fault.seconds or 0)
                return self._application(environ, start_response)
            case Kind.ITEM:
                keys = self._keys()
                return self._changed(environ, start_response, lambda content: _damage_items(content, keys))
            case Kind.MALFORMED:
                status, headers, content = _applied(self._application, environ)
                # The server writes values as they are.
                start_response(status, [*headers, ("x-fault", f"malformed\r\n{_MALFORMED}")])
                return [content]
            case Kind.SECRET_NOT_JSON:
                return self._changed(environ, start_response, _damage_secret)
            case Kind.RESET:
                time.sleep(fault.seconds or 0)
            case Kind.LATE:
                return self._late(fault, environ, start_response)
        # The recorded call has this status, although none is sent. A call that AWS never got is no failure of AWS.
        status = "000 Not sent"
        if fault.kind in (Kind.KILL_APPLIED, Kind.LOST):
            status, _, _ = _applied(self._application, environ)
        if fault.kind in (Kind.KILL, Kind.KILL_APPLIED):
            pid = pid_of_peer(environ["werkzeug.socket"])
            _logger.warning("the fault %s ends process %d", fault.kind, pid)
            os.kill(pid, signal.SIGKILL)
        start_response(status, [])
        return _lost(environ["werkzeug.socket"])

    def _late(self, fault: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Reset the connection, and apply the call when the plan is cleared."""
        with self._plan.held(fault) as wait:
            _reset(environ["werkzeug.socket"])
            wait()
            status, _, _ = _applied(self._application, environ)
        start_response(status, [])
        return _ended()

    def _changed(
        self, environ: WSGIEnvironment, start_response: StartResponse, change: Callable[[Any], Any]
    ) -> Iterable[bytes]:
        status, headers, content = _applied(self._application, environ)
        changed = json.dumps(change(json.loads(content))).encode()
        # The checksum would be that of the original.
        kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "x-amz-crc32")]
        start_response(status, [*kept, ("Content-Length", str(len(changed)))])
        return [changed]


def _applied(application: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return the response to a call that was applied."""
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        started[:] = [status, headers]

    content = b"".join(application(environ, start))
    return started[0], started[1], content


def _lost(connection: socket.socket) -> Iterator[bytes]:
    """Reset the connection in place of a response, once the server begins to read it."""
    _reset(connection)
    yield from _ended()


def _ended() -> Iterator[bytes]:
    """End the request as one whose connection is gone, once the server begins to read the response."""
    yield from ()
    raise ConnectionResetError


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # The server reads and closes the connection after a failure. It gets an ended one in its place.
    ended, other_end = socket.socketpair()
    other_end.close()
    os.dup2(ended.fileno(), connection.fileno(), inheritable=False)
    ended.close()


def _damage_items(content: Any, keys: frozenset[str]) -> Any:
    """Replace the attributes of all items in a response of DynamoDB, except keys, by sets."""
    if isinstance(content, list):
        return [_damage_items(one, keys) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _damaged(value, keys) if name in _ITEMS else _damage_items(value, keys) for name, value in content.items()
    }


def _damaged(value: Any, keys: frozenset[str]) -> Any:
    """Damage an item, or the items of a list or of a table."""
    if isinstance(value, list):
        return [_damaged(one, keys) for one in value]
    if all(_is_attribute(one) for one in value.values()):
        return {name: one if name in keys else {"SS": ["damaged"]} for name, one in value.items()}
    return {name: _damaged(one, keys) for name, one in value.items()}


def _is_attribute(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _TYPES


_TYPES = {"B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"}


def _damage_secret(content: Any) -> Any:
    return content | {"SecretString": "not JSON"} if "SecretString" in content else content
