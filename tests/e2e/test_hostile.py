"""Hostile requests over HTTP, byte for byte, get documented responses, and every execution environment lives on."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.conformance.found import DESCRIBED, ROWS, profile
from tests.conformance.hostile.cases import CASES
from tests.conformance.hostile.judgement import Judge
from tests.conformance.hostile.variants import Sample, Variant
from tests.conformance.in_process.service_under_test import Exchange, Response
from tests.conformance.wire import send
from tests.e2e.failures import new_number
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.profile import Operation
from tests.support.services import address

# What a function sees of the others is the same event as in process.
GROUPS: Final = ("bodies", "encodings", "hosts", "methods", "paths")
# What API Gateway responds itself: a malformed request, no route, a body or headers that are too large.
BY_THE_GATEWAY: Final = frozenset({400, 404, 413, 431})


@pytest.fixture(scope="module")
def judges(deployed_api: httpx2.Client) -> dict[str, Judge]:
    """Return the judge of each service, which knows its deployed document."""
    found = {service: deployed_api.get(f"{address(service)}/openapi.json").json() for service in DESCRIBED}
    return {service: Judge(document, over_http=True) for service, document in found.items()}


def sampled(service: str) -> list[Operation]:
    """Return the operations that get the requests: the first public one that reads, and the first one with a body."""
    own = [row.operation for row in ROWS if row.service == service and not row.operation.environment]
    reads = [each for each in own if each.access.public and each.method == "GET"]
    writes = [each for each in own if each.send(0)]
    return [*reads[:1], *writes[:1]]


def mistakes(deployment: Deployment, judge: Judge, variant: Variant) -> Iterator[str]:
    """Send a request, and yield what is wrong with the response."""
    response = send(str(deployment.api.base_url), variant.request)
    if "x-request-id" in response.headers:
        invocation = deployment.invocation_of(response)
        shown = Response(response.status_code, dict(response.headers), response.text)
        exchange = Exchange("", shown, [], invocation.lines, invocation.blobs, [], {}, "")
        yield from judge.mistakes(variant, exchange, seconds=0)
    elif response.status_code not in BY_THE_GATEWAY:
        yield f"the gateway responds {response.status_code}"


def environments(deployment: Deployment) -> set[int]:
    """Return the processes of all execution environments."""
    functions: list[dict[str, Any]] = deployment.admin.get("/functions").json()["functions"]
    return {environment["pid"] for function in functions for environment in function["environments"]}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("service", DESCRIBED)
def test_hostile_request_over_http_gets_a_declared_response(
    deployment: Deployment, signer: Signer, judges: dict[str, Judge], service: str, group: str
) -> None:
    found = []
    for operation in sampled(service):
        number = new_number()
        owned = profile(service).make(deployment.api, signer.bearer, number)
        authorization = {} if operation.access.public else signer.bearer(owned.subject)
        sent = operation.send(number)
        status = 200 if operation.method == "GET" else None
        sample = Sample(operation, judges[service].document, owned.parameters, sent, authorization, status)
        send(str(deployment.api.base_url), sample.request())  # An environment runs.
        before = environments(deployment)
        for case in CASES[group]:
            for variant in sample.variants(case) if case.wire else ():
                found += [
                    f"{operation}: {variant}: {mistake}" for mistake in mistakes(deployment, judges[service], variant)
                ]
        assert before <= environments(deployment), f"{operation}: an execution environment has ended"
    assert not found, "\n".join(found)
