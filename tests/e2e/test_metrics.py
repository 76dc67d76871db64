"""The metrics of the packaged functions follow the published schema and have exact dimensions."""

from collections import Counter
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.conformance.found import profile
from tests.e2e.failures import Outage, bug, signed_request
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.invocations import Invocation, invocations
from tests.support.deployed.signing import Signer
from tests.support.services import SERVICES, address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Counted = dict[frozenset[tuple[str, str]], dict[str, float]]

SERVED: dict[str, float] = {"Latency": 1}
REJECTED: dict[str, float] = {"Latency": 1, "4xx": 1}
FAILED: dict[str, float] = {"Latency": 1, "5xx": 1}


def by(**dimensions: str) -> frozenset[tuple[str, str]]:
    return frozenset(dimensions.items())


def counted(deployment: Deployment, response: httpx2.Response) -> Counted:
    """Return the metrics of the invocation without its cold start."""
    found = deployment.invocation_of(response).counted()
    return {dimensions: metrics for dimensions, metrics in found.items() if metrics.keys() != {"ColdStart"}}


def failed(service: str, route: str, kind: str) -> Counted:
    """Return the metrics of a failed request."""
    return {
        by(service=service, route=route): FAILED,
        by(service=service): {"5xx": 1},
        by(service=service, kind=kind): {"Faults": 1},
    }


@pytest.mark.parametrize("service", SERVICES)
def test_request_is_counted_for_its_route_only(deployment: Deployment, signer: Signer, service: str) -> None:
    path = f"{address(service)}/health"
    assert counted(deployment, deployment.api.get(path)) == {by(service=service, route=path): SERVED}
    unmatched = deployment.api.get(f"{address(service)}/a/b/c")
    assert counted(deployment, unmatched) == {by(service=service, route="unmatched"): REJECTED}
    request = signed_request(deployment, signer, service)
    rejected = request.send(deployment, {"authorization": "Bearer made-up"})
    assert counted(deployment, rejected) == {by(service=service, route=request.route): REJECTED}


@pytest.mark.parametrize("service", SERVICES)
def test_bug_is_counted_as_5xx_and_fault(deployment: Deployment, dynamodb: "DynamoDBClient", service: str) -> None:
    found = counted(deployment, bug(deployment, dynamodb, service))
    assert found == failed(service, profile(service).broken.route, "bug")


@pytest.mark.parametrize("service", SERVICES)
def test_aws_outage_is_counted_as_5xx_and_unavailable(
    faulty: Deployment, outage: dict[str, Outage], service: str
) -> None:
    responses = outage[service]
    route = profile(service).broken.route
    assert counted(faulty, responses.database) == failed(service, route, "unavailable")
    assert counted(faulty, responses.signed.response) == failed(service, responses.signed.request.route, "unavailable")


@pytest.fixture(scope="module")
def all_invocations(deployments: list[Deployment], whole_run: None) -> list[Invocation]:  # noqa: ARG001
    """Return every invocation of this run that has ended."""
    return [
        invocation
        for deployment in deployments
        for service in SERVICES
        for invocation in invocations(deployment.logs, service)
        if invocation.ended
    ]


def test_every_environment_counts_one_cold_start(all_invocations: list[Invocation]) -> None:
    cold = Counter(
        invocation.stream
        for invocation in all_invocations
        for blob in invocation.blobs
        if set(blob.dimensions) == {"service", "function_name"}
        if blob.counted() == {"ColdStart": 1} and invocation.first
    )
    assert cold == Counter({invocation.stream for invocation in all_invocations})
    assert sum("ColdStart" in line for invocation in all_invocations for line in invocation.metrics) == len(cold)


def test_every_request_has_an_access_line_and_a_latency(all_invocations: list[Invocation]) -> None:
    for invocation in all_invocations:
        line = invocation.access()
        status = {4: {"4xx": 1}, 5: {"5xx": 1}}.get(line["status"] // 100, {})
        dimensions = by(service=line["service"], route=line["route"])
        assert invocation.counted()[dimensions] == SERVED | status
        [latency] = next(blob.metrics["Latency"][1] for blob in invocation.blobs if blob.dimensions == dict(dimensions))
        assert latency == line["duration_ms"]


def test_every_metric_has_its_own_dimensions(all_invocations: list[Invocation]) -> None:
    found: dict[str, set[frozenset[str]]] = {}
    for invocation in all_invocations:
        for blob in invocation.blobs:
            for name in blob.metrics:
                found.setdefault(name, set()).add(frozenset(blob.dimensions))
    domain = {name for service in SERVICES for row in profile(service).operations for name in row.metrics.values()}
    by_service, by_route = frozenset({"service"}), frozenset({"service", "route"})
    assert found == {
        "ColdStart": {frozenset({"service", "function_name"})},
        "Faults": {frozenset({"service", "kind"})},
        "Latency": {by_route},
        "4xx": {by_route},
        "5xx": {by_route, by_service},
        **{name: {by_service} for name in domain},
    }
