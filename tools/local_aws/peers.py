"""Which user of this machine is at the other end of a connection on loopback."""

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

TABLE = Path("/proc/net/tcp")

type Address = tuple[str, int]
type Serves = Callable[[Address, Address], bool]
"""Returns whether a connection is served, given the addresses of the peer and of the server."""


def is_own(peer: Address, own: Address, table: Path = TABLE) -> bool:
    """Return whether this process's user has opened a connection, given the addresses of both of its ends.

    The kernel's list of sockets says so (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html). A peer
    that has closed its socket is nobody's: the list then has no inode for it, and root as its user.
    """
    ends = [_written(*peer), _written(*own)]
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == ends:
            user, inode = int(fields[7]), int(fields[9])
            return inode != 0 and user == os.getuid()
    return False


def _written(host: str, port: int) -> str:
    """Return an address as the kernel writes it: the host's four bytes as a number of this machine's byte order."""
    [number] = struct.unpack("=I", socket.inet_aton(host))
    return f"{number:08X}:{port:04X}"
