"""What the processes of this machine have open."""

import ipaddress
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LISTENS = "0A"  # https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
PROTOCOLS = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6")


class Socket(NamedTuple):
    """A socket that others can send to: of TCP that listens, or any of UDP."""

    protocol: str
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int
    command: str


def family_of(pid: int) -> set[int]:
    """Return the process and all processes that descend from it."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(process.parent.name)] = int(process.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # ended meanwhile
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def sockets_of(pids: set[int]) -> list[Socket]:
    """Return the sockets of the processes to which others can send."""
    open_sockets = {inode: pid for pid in pids for inode in _inodes(pid)}
    return [
        Socket(protocol, _address(host), int(port, 16), _command(open_sockets[inode]))
        for protocol in PROTOCOLS
        for host, port, state, inode in _lines(protocol)
        if inode in open_sockets and (state == LISTENS or not protocol.startswith("tcp"))
    ]


def _inodes(pid: int) -> Iterator[str]:
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
                yield found[1]
    except OSError:
        return  # ended meanwhile


def _lines(protocol: str) -> Iterator[tuple[str, str, str, str]]:
    table = Path("/proc/net", protocol)
    for line in table.read_text().splitlines()[1:] if table.exists() else ():
        fields = line.split()
        host, _, port = fields[1].partition(":")
        yield host, port, fields[3], fields[9]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address of which the kernel writes each 32 bits as a number of this machine's byte order."""
    words = [int(host[start : start + 8], 16) for start in range(0, len(host), 8)]
    packed = b"".join(struct.pack("=I", word) for word in words)
    return ipaddress.ip_address(socket.inet_ntop(socket.AF_INET6 if len(packed) > 4 else socket.AF_INET, packed))


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[-120:]
    except OSError:
        return "ended"
