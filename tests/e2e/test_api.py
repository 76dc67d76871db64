"""The deployed API: its root, its documentation, and requests that match no operation."""

import re

import httpx2
import pytest

from tests.support.problem import assert_problem
from tests.support.services import SERVICES


@pytest.fixture(scope="module")
def addresses(deployed_api: httpx2.Client) -> dict[str, str]:
    """Return the services with their addresses, as the root lists them."""
    services: dict[str, str] = deployed_api.get("/").json()["services"]
    return services


def test_root_lists_every_service(addresses: dict[str, str]) -> None:
    assert sorted(addresses) == list(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_health_names_the_packaged_version(
    deployed_api: httpx2.Client, addresses: dict[str, str], service: str
) -> None:
    health = deployed_api.get(f"{addresses[service]}/health").json()
    assert (health["status"], health["service"]) == ("ok", service)
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", health["version"])


@pytest.mark.parametrize("service", SERVICES)
def test_documented_paths_start_with_the_service_path(
    deployed_api: httpx2.Client, addresses: dict[str, str], service: str
) -> None:
    document = deployed_api.get(f"{addresses[service]}/openapi.json").json()
    assert document["info"]["title"].endswith(service)
    assert document["paths"]
    assert all(path.startswith(addresses[service]) for path in document["paths"])


def test_documentation_is_served_from_the_layer(deployed_api: httpx2.Client) -> None:
    page = deployed_api.get("/docs").text
    assets = re.findall(r'(?:src|href)="(/[^"]+)"', page + deployed_api.get("/redoc").text)
    assert assets
    for path in assets:
        assert len(deployed_api.get(path).content) > 100_000, path
    for address in deployed_api.get("/openapi.json").json().values():
        assert address in page
        assert deployed_api.get(address).json()["openapi"].startswith("3.")


@pytest.mark.parametrize("path", ["/nowhere", "/api/v2/nowhere", "{address}/a/b/c"])
def test_path_without_an_operation_is_a_404_problem(
    deployed_api: httpx2.Client, addresses: dict[str, str], path: str
) -> None:
    for address in addresses.values():
        assert_problem(deployed_api.get(path.format(address=address)), 404, None)


@pytest.mark.parametrize("service", SERVICES)
def test_405_lists_allowed_methods(deployed_api: httpx2.Client, addresses: dict[str, str], service: str) -> None:
    response = deployed_api.delete(f"{addresses[service]}/health")
    assert_problem(response, 405, None)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("service", SERVICES)
def test_slash_at_the_end_of_a_path_is_ignored(
    deployed_api: httpx2.Client, addresses: dict[str, str], service: str
) -> None:
    paths = [f"{addresses[service]}/health", f"{addresses[service]}/health/"]
    first, second = (deployed_api.get(path) for path in paths)
    assert (first.status_code, first.json()) == (second.status_code, second.json())


@pytest.mark.parametrize("service", SERVICES)
def test_response_has_the_gateways_request_id(
    deployed_api: httpx2.Client, addresses: dict[str, str], service: str
) -> None:
    response = deployed_api.get(f"{addresses[service]}/health")
    assert response.headers["x-request-id"] == response.headers["apigw-requestid"]
