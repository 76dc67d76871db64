"""Other machines reach no socket of `make up`, and other users read none of its files."""

import stat
from pathlib import Path

import httpx2

from tests.support.deployed.up import Up
from tests.support.processes import family_of, sockets_of
from tests.support.services import SERVICES

# Public content: what is in the zips, AWS's runtime, and Terraform's provider.
PUBLIC = [("code",), ("images",), ("layers",), ("runtime",), ("terraform",)]


def test_every_socket_is_of_loopback(up: Up, deployed_api: httpx2.Client) -> None:
    services = deployed_api.get("/").json()["services"]
    for address in services.values():
        assert deployed_api.get(address).status_code < 500  # A function that traces has a socket for its spans.
    found = sockets_of(family_of(up.pid))
    # API, page, control plane, X-Ray daemon, and each environment's Runtime API and spans.
    assert len([one for one in found if one.protocol == "tcp"]) >= 3 + len(SERVICES)
    assert len([one for one in found if one.protocol == "udp"]) >= 1 + 1
    assert [one for one in found if not one.address.is_loopback] == []


def test_only_the_owner_reads_files_of_a_run(up: Up, deployed_api: httpx2.Client) -> None:
    deployed_api.get("/")
    found = {path.relative_to(up.work): stat.S_IMODE(path.stat().st_mode) for path in files_and_folders(up.work)}
    assert {"calls.jsonl", "logs", "session.json", "stack"} <= {path.parts[0] for path in found if path.parts}
    readable = [path for path, mode in found.items() if mode & 0o077 and path.parts[:1] not in PUBLIC]
    assert readable == []
    assert found[Path()] == 0o700


def files_and_folders(folder: Path) -> list[Path]:
    return [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
