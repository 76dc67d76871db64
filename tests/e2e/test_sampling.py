"""Requests that are not sampled have no trace."""

from local_aws.xray.trace import new_trace_id
from tests.support.deployed.deployment import Deployment
from tests.support.services import SERVICES


def test_unsampled_request_sends_no_segment(deployment: Deployment) -> None:
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
