"""Connect to AWS's endpoints by the roots that the functions trust: `make verify-roots` (needs the network).

Every region of the partition `aws` is tried for each service of layer.toml, because a region may have another chain.
Endpoints for FIPS, dual stack and accounts are not tried.
"""

import argparse
import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from botocore.session import Session
from lean_layer import LIST, Rules  # pants: no-infer-dep

ROOT = Path(__file__).resolve().parents[1]
ROOTS = ROOT / "libs/common/amazon_roots.pem"
_SECONDS = 10.0


def hosts(services: Iterable[str]) -> list[str]:
    """Return the host of each service in each region of the partition `aws`."""
    session = Session()
    found = set()
    for service in services:
        for region in session.get_available_regions(service):
            client = session.create_client(service, region, aws_access_key_id="-", aws_secret_access_key="-")  # noqa: S106 - none
            found.add(str(urlsplit(client.meta.endpoint_url).hostname))
    return sorted(found)


def failure(host: str, roots: Path = ROOTS, port: int = 443) -> str | None:
    """Return why no TLS connection to the host is possible with these roots alone, or None."""
    # As strict as botocore: ssl.create_default_context is stricter.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(roots)
    try:
        with (
            socket.create_connection((host, port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return None
    except OSError as error:
        return f"{host}: {error}"


def verify(names: list[str], connect: Callable[[str], str | None] = failure) -> list[str]:
    """Return the failures of these hosts, in their order."""
    with ThreadPoolExecutor(16) as pool:
        return [failed for failed in pool.map(connect, names) if failed]


def main() -> int:
    """Connect to every host, print the failures, and return the exit code."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    names = hosts(Rules.read(ROOT / LIST).aws_services)
    failed = verify(names)
    for each in failed:
        print(f"verify-roots: {each}", file=sys.stderr)
    print(f"{len(names) - len(failed)} of {len(names)} endpoints are trusted by {ROOTS.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
