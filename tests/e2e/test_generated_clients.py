"""The generated client of each service has a function for every operation, and reads the gateway's own responses."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import httpx
import httpx2
import pytest

from local_aws.data_plane.reader import read_deployment
from local_aws.model.deployment import Deployment, Throttle
from local_aws.session import Session
from tests.support.deployed.data_plane import data_plane
from tests.support.generated_clients import GeneratedClients
from tests.support.services import SERVICES, address

# API Gateway responds with these itself, whatever the operation.
GATEWAY = {"413", "429", "431", "500", "503"}
BODIES: dict[str, dict[str, object]] = {
    "application/json": {"message": "of API Gateway"},
    "application/problem+json": {"type": "about:blank", "title": "of the function", "status": 400, "request_id": "1"},
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_a_function_of_its_name(
    deployed_api: httpx2.Client, generated_clients: GeneratedClients, service: str
) -> None:
    document = deployed_api.get(f"{address(service)}/openapi.json").json()
    expected = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    assert generated_clients.of(service).operations.keys() == expected


@pytest.mark.parametrize("service", SERVICES)
def test_every_declared_failure_is_parsed(
    deployed_api: httpx2.Client, generated_clients: GeneratedClients, service: str
) -> None:
    """A generator may read only the first media type of a status, whatever the response has."""
    client, document = generated_clients.of(service), deployed_api.get(f"{address(service)}/openapi.json").json()
    for operation in (operation for item in document["paths"].values() for operation in item.values()):
        name = operation["operationId"]
        declared = {status: found["content"] for status, found in operation["responses"].items() if status >= "400"}
        assert {status for status, content in declared.items() if "application/json" in content} == GATEWAY, name
        for status, content in declared.items():
            for media_type in content:
                body = BODIES[media_type]
                sent = httpx.Response(int(status), json=body, headers={"Content-Type": media_type})
                found = client.operations[name]._build_response(client=client.client(), response=sent).parsed
                assert found.to_dict() == body, (name, status, media_type)


def throttled(environment: Mapping[str, str]) -> Deployment:
    """Return the deployment with routes that admit no request."""
    found = read_deployment(environment)
    return replace(found, routes=tuple(replace(route, throttle=Throttle(0, 0)) for route in found.routes))


@pytest.fixture(scope="module")
def throttling_url(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the same API, which throttles every request."""
    with data_plane(session.control_plane, tmp_path_factory.mktemp("throttled"), read=throttled) as served:
        yield served.url


@pytest.mark.parametrize("service", SERVICES)
def test_throttled_request_is_parsed(generated_clients: GeneratedClients, throttling_url: str, service: str) -> None:
    response = generated_clients.of(service, throttling_url).send(f"get_{service}_health")
    assert (response.status_code, response.parsed.message) == (429, "Too Many Requests")
