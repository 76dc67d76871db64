"""Checks that a port of loopback is free."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.session import SessionError


def refuse_taken(port: int) -> None:
    """Raise an error if the port cannot be used, before anything else is started.

    Raises:
        SessionError: Something else listens on the port, or the user may not listen on it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, port_errors(port):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@contextmanager
def port_errors(port: int) -> Iterator[None]:
    """Turn the operating system's error about a port into one line.

    Raises:
        SessionError: Something else listens on the port, or the user may not listen on it.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EADDRINUSE):
            raise
        raise SessionError(
            f"cannot serve on port {port}: {error.strerror}; choose another one with PORT=..."
        ) from error
