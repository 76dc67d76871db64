"""Requests that are not sampled, and functions without tracing, send nothing."""

from local_aws.xray.trace import new_trace_id
from tests.e2e.traced import Traced
from tests.support.deployed.spans import label
from tests.support.deployed.tracing import WITHOUT_TRACING
from tests.support.services import SERVICES


def test_unsampled_request_sends_no_segment(traced: Traced) -> None:
    deployment = traced.served
    address = deployment.api.get("/").json()["services"][SERVICES[0]]
    unsampled, sampled = new_trace_id(), new_trace_id()
    first, second = (
        deployment.api.get(f"{address}/health", headers={"x-amzn-trace-id": f"Root={trace_id};Sampled={flag}"})
        for trace_id, flag in ((unsampled, 0), (sampled, 1))
    )
    deployment.trace(sampled)  # the same environment has sent it later
    assert not deployment.trace_so_far(unsampled)
    one, other = deployment.invocation_of(first), deployment.invocation_of(second)
    assert one.stream == other.stream
    assert one.counted().keys() >= other.counted().keys()
    assert (one.access()["xray_trace_id"], one.access()["traceparent"][-2:]) == (unsampled, "00")


def test_function_without_tracing_sends_no_subsegment(by_powertools: Traced) -> None:
    trace_id, served = new_trace_id(), by_powertools.served
    response = served.api.get(WITHOUT_TRACING, headers={"x-amzn-trace-id": f"Root={trace_id};Sampled=1"})
    assert served.invocation_of(response).access()["route"] == "unmatched"
    labels = {label(each) for each in served.trace_so_far(trace_id).documents}
    assert labels - {"Initialization"} == {"AWS::Lambda", "AWS::Lambda::Function"}
