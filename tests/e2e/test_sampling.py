"""Which requests to the packaged functions are traced at all."""

from local_aws.xray.trace import new_trace_id
from tests.e2e.plane import Plane, awaited
from tests.e2e.shelf import NOWHERE


def test_a_request_that_is_not_sampled_sends_nothing(plane: Plane) -> None:
    first, second = new_trace_id(), new_trace_id()
    answers = [
        plane.api.get("/users/1", headers={"x-amzn-trace-id": f"Root={trace_id};Sampled={sampled}"})
        for trace_id, sampled in ((first, 0), (second, 1))
    ]
    plane.trace(second)  # which the same environment has sent later
    assert not plane.received(first)
    one, other = map(plane.left_by, answers)
    assert one.stream == other.stream
    assert one.counted().keys() >= other.counted().keys()
    assert (one.access()["xray_trace_id"], one.access()["traceparent"][-2:]) == (first, "00")


def test_a_function_that_is_not_traced_sends_nothing_whatever_its_caller_does(untraced: Plane) -> None:
    left = untraced.left_by(untraced.api.get("/users/1"))
    assert left.access()["status"] == 200
    trace_id = new_trace_id()
    header = {"x-amzn-trace-id": f"Root={trace_id};Sampled=1"}
    assert untraced.left_by(untraced.api.get("/users/1", headers=header)).counted()
    # Lambda itself passes on what its caller has decided.
    lambdas = awaited(lambda: untraced.received(trace_id) or None, "Lambda's own segments")
    assert {name for name, _ in lambdas.tree()} == {"AWS::Lambda"}
    assert "## handler" not in str(lambdas.documents)
    assert not untraced.received(left.access()["xray_trace_id"])


def test_a_traced_function_beside_one_that_is_not_is_traced(untraced: Plane) -> None:
    assert untraced.trace_of(untraced.api.get(NOWHERE)).handled() == [("dynamodb", [])]
