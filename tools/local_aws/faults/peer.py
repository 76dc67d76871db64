"""Finds the process at the other end of a connection on this machine."""

import os
import socket
from pathlib import Path


def pid_of_peer(connection: socket.socket) -> int:
    """Return the process that holds the other end of a TCP connection over IPv4.

    Raises:
        ProcessLookupError: It has closed the connection, or belongs to another user.
    """
    # https://docs.kernel.org/networking/proc_net_tcp.html: addresses and ports are hexadecimal.
    here, there = connection.getsockname()[1], connection.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        if (_port(local), _port(remote)) == (there, here):
            return _holder(f"socket:[{rest[6]}]")
    raise ProcessLookupError("the connection is closed")


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _holder(link: str) -> int:
    own = os.getpid()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        pid = int(folder.parent.name)
        if pid != own and link in _links(folder):
            return pid
    raise ProcessLookupError(f"no process of this user holds {link}")


def _links(folder: Path) -> set[str]:
    """Return what the descriptors of a process are; those that end meanwhile, and of other users, are left out."""
    found = set()
    try:
        for descriptor in folder.iterdir():
            try:
                found.add(str(descriptor.readlink()))
            except FileNotFoundError:
                continue
    except (FileNotFoundError, PermissionError):
        return set()
    return found
