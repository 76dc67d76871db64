"""The traces of the packaged functions with each tracing library: nesting, marks and content of the subsegments."""

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.xray.trace import new_segment_id, new_trace_id
from tests.conformance.found import profile
from tests.e2e.failures import THROTTLED, bug, signed_request, throttling
from tests.e2e.traced import Traced
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.secrecy import SECRETS
from tests.support.deployed.signing import Signer
from tests.support.deployed.spans import Trace, code
from tests.support.fault_plan import FaultPlan
from tests.support.services import SERVICES, address, deployed_name
from tests.support.traces import described, flags, retries, unexpected_metadata

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def annotations(trace: Trace, **expected: object) -> None:
    """Assert that `## handler` has these annotations and the two of every invocation."""
    found: dict[str, Any] = trace.one("## handler")["annotations"]
    assert found.keys() == {"ColdStart", "Service", *expected}
    assert {name: found[name] for name in expected} == expected


def marks(trace: Trace) -> dict[str, set[str]]:
    """Return the marked subsegments and their marks."""
    return {each["name"]: flags(each) for each in trace.documents if flags(each)}


def calls(trace: Trace) -> list[dict[str, Any]]:
    """Return the calls of DynamoDB, the first one first."""
    found = [document for document in trace.documents if document["name"] == "dynamodb"]
    return sorted(found, key=lambda document: str(document["start_time"]))


@pytest.mark.parametrize("service", SERVICES)
def test_request_is_traced_from_caller_to_dynamodb(traced: Traced, signer: Signer, service: str) -> None:
    deployment = traced.served
    request = signed_request(deployment, signer, service)
    parent, trace_id = new_segment_id(), new_trace_id()
    header = {"x-amzn-trace-id": f"Root={trace_id};Parent={parent};Sampled=1"}
    response = request.send(deployment, signer.bearer(request.subject) | header)
    trace = deployment.trace(trace_id)
    assert "dynamodb" in str(trace.handled())
    assert trace.one("AWS::Lambda")["parent_id"] == parent
    annotations(trace, route=request.route, status=response.status_code, principal_id=request.subject)
    for call in calls(trace):
        assert call["namespace"] == "aws"
        assert described(call).keys() == {"operation", "table_name", "region", "request_id"}
        assert call["aws"]["table_name"] == deployed_name(service)
        assert (retries(call), call["http"]["response"]["status"]) == (0, 200)


@pytest.mark.parametrize("service", SERVICES)
def test_unmatched_request_calls_nothing(traced: Traced, service: str) -> None:
    trace = traced.served.trace_of(traced.served.api.get(f"{address(service)}/a/b/c"))
    assert trace.handled() == []
    annotations(trace, route="unmatched", status=404)
    assert marks(trace) == {"## handler": {"error"}}


@pytest.mark.parametrize("service", SERVICES)
def test_bug_is_a_fault_with_its_type_and_stack(traced: Traced, dynamodb: "DynamoDBClient", service: str) -> None:
    deployment = traced.served
    response = bug(deployment, dynamodb, service)
    trace = deployment.trace_of(response)
    annotations(trace, route=profile(service).broken.route, status=500)
    handler = trace.one("## handler")
    assert flags(handler) == {"fault"}
    error, _ = deployment.invocation_of(response).lines
    assert code(handler) == error["exception_name"]
    [exception] = handler["cause"]["exceptions"]
    assert any(frame["path"].endswith("repository.py") for frame in exception["stack"])


@pytest.mark.parametrize("service", SERVICES)
def test_throttling_is_marked_if_every_retry_fails(traced: Traced, service: str) -> None:
    trace = traced.faulty.trace_of(traced.outage[service].database)
    annotations(trace, route=profile(service).broken.route, status=503)
    assert flags(trace.one("## handler")) == {"fault"}
    attempts = calls(trace)
    assert len(attempts) == 3
    for call in attempts:
        assert (flags(call), code(call)) == ({"error", "throttle"}, THROTTLED)


@pytest.mark.parametrize("service", SERVICES)
def test_throttling_overcome_by_a_retry_marks_only_its_attempt(
    traced: Traced, plan: FaultPlan, signer: Signer, service: str
) -> None:
    request = traced.outage[service].signed.request
    with plan.planned(throttling(service, "dynamodb")):
        response = request.send(traced.faulty, signer.bearer(request.subject))
    trace = traced.faulty.trace_of(response)
    first, *others = calls(trace)
    assert (flags(first), code(first)) == ({"error", "throttle"}, THROTTLED)
    assert others
    assert not any(flags(call) for call in others)
    assert marks(trace) == {"dynamodb": {"error", "throttle"}}


@pytest.mark.parametrize("service", SERVICES)
def test_unreadable_secret_is_a_fault(traced: Traced, service: str) -> None:
    trace = traced.faulty.trace_of(traced.outage[service].signed.response)
    assert ("secretsmanager", []) in trace.handled()
    assert marks(trace) == {"## handler": {"fault"}, "secretsmanager": {"error", "throttle"}}
    attempts = [document for document in trace.documents if document["name"] == "secretsmanager"]
    assert len(attempts) == 2
    for call in attempts:
        assert code(call) == THROTTLED
        assert described(call).keys() == {"operation", "region", "request_id"}
        assert call["aws"]["operation"] == "GetSecretValue"


@pytest.mark.parametrize("service", SERVICES)
def test_initialization_is_only_in_the_first_trace(traced: Traced, service: str) -> None:
    outage = traced.outage[service]
    for response, cold in ((outage.database, True), (outage.signed.response, False)):
        trace = traced.faulty.trace_of(response)
        [(_, [(_, below)])] = trace.tree()
        assert [name for name, _ in below if name == "Initialization"] == ["Initialization"] * cold
        assert trace.one("## handler")["annotations"]["ColdStart"] is cold


@pytest.mark.usefixtures("whole_run")
def test_no_trace_has_a_secret(deployments: list[Deployment], by_powertools: Traced, signer: Signer) -> None:
    for served in (*deployments, by_powertools.served):
        traces = served.trace_ids()
        assert traces
        documents = [served.trace_so_far(trace_id).documents for trace_id in traces]
        assert not unexpected_metadata(itertools.chain.from_iterable(documents))
        text = json.dumps(documents)
        for secret in (*SECRETS, re.compile(re.escape(signer.key))):
            assert secret.findall(text) == []
