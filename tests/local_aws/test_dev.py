import ast
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from monorepo.services import services
from tests.local_aws.source_server import served_from_source
from tests.support.processes import family_of, sockets_of


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of all services, for all tests: they take longer to start than all else here."""
    with served_from_source() as url:
        yield url


def test_every_service_is_served_from_source_on_one_port(url: str) -> None:
    listed = httpx2.get(f"{url}/").json()["services"]
    assert listed == {service.name: service.paths[0] for service in services()}
    for path in listed.values():
        assert httpx2.get(f"{url}{path}/openapi.json").status_code == 200
        assert httpx2.get(f"{url}{path}").status_code < 500
    for path in ("/nowhere", "/api/v1", "/api/v1/"):
        assert httpx2.get(f"{url}{path}").headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("url")
def test_every_socket_is_of_loopback() -> None:
    # Without this process, which has sockets of libraries under test.
    found = sockets_of(family_of(os.getpid()) - {os.getpid()})
    assert len(found) >= 2  # the services and the control plane
    assert [one for one in found if not one.address.is_loopback] == []


def test_no_server_takes_the_clients_address_from_its_headers() -> None:
    tools = Path(__file__).parents[2] / "tools"
    calls = [
        node
        for file in tools.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("uvicorn.run", "uvicorn.Config")
    ]
    assert len(calls) == 2
    for call in calls:
        assert "proxy_headers=False" in [ast.unparse(keyword) for keyword in call.keywords]
