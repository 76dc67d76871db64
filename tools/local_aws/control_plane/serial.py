"""Lets moto serve one call of a service at a time: its stores must not change while another call iterates over them."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from local_aws.iam.api_call import SIGNED


class Serial:
    """A WSGI application in front of moto's, whose stores have no locks; safe with threads.

    Calls of different services run at the same time, so that none waits for a long poll of a queue.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward the call when no other one of its service is running."""
        signed = SIGNED.match(environ.get("HTTP_AUTHORIZATION", ""))
        with self.lock(signed["service"] if signed else ""):
            return list(self._application(environ, start_response))

    def lock(self, service: str) -> threading.Lock:
        """Return the lock of a service, by its SigV4 signing name."""
        with self._lock:
            return self._locks[service]
