"""What is missing of a run's telemetry is said."""

import time
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.conformance.deployed.fakes import HEALTH, Aws, sender, target
from tests.conformance.deployed.telemetry import ReadBack

TRACE = "1-00000001-000000000000000000000001"


def run(aws: Aws, requests: int = 2, seconds: float = 0) -> ReadBack:
    """Send requests to the health of the service, and return what reads them back."""
    ids = iter(f"id{number}" for number in range(requests))

    def respond(_: httpx2.Request) -> httpx2.Response:
        request_id = next(ids)
        return httpx2.Response(200, headers={"apigw-requestid": request_id, "x-request-id": request_id})

    with sender(respond) as sending:
        for _ in range(requests):
            sending.api.get(HEALTH)
    run_id = sending.run
    for number in range(requests):
        aws.groups.setdefault("gateway", []).append({"requestId": f"id{number}", "status": "200", "userAgent": run_id})
        aws.groups.setdefault("functions", []).append(line(number, run_id))
    return ReadBack(target(aws), sending, time.monotonic() + seconds)


def line(number: int, run_id: str) -> dict[str, Any]:
    return {
        "message": "request",
        "request_id": f"id{number}",
        "function_request_id": f"invocation{number}",
        "correlation_id": run_id,
        "method": "GET",
        "route": HEALTH,
        "status": 200,
        "duration_ms": 1.5,
        "timestamp": f"2026-11-29T18:00:{number:02}Z",
        "cold_start": number == 0,
        "xray_trace_id": TRACE,
        "traceparent": "00-0-0-01",
    }


def test_complete_lines_are_accepted_and_inits_are_found() -> None:
    aws = Aws(groups={"functions": [report("invocation0", 250.0), report("invocation1", None), report("other", 9.0)]})
    read_back = run(aws)
    assert list(read_back.logs()) == list(read_back.read_inits()) == []
    assert read_back.init_milliseconds == {"parts": [250.0]}


def report(invocation: str, init: float | None) -> dict[str, Any]:
    metrics = {"durationMs": 1.0} | ({} if init is None else {"initDurationMs": init})
    return {"type": "platform.report", "record": {"requestId": invocation, "metrics": metrics}}


@pytest.mark.parametrize(
    ("group", "said"), [("functions", "no line of a function"), ("gateway", "no line of API Gateway")]
)
def test_missing_line_is_said(group: str, said: str) -> None:
    aws = Aws()
    read_back = run(aws)
    del aws.groups[group][1]
    [problem] = read_back.logs()
    assert problem.startswith(said)
    assert "id1" in problem


def test_line_with_another_status_is_not_the_requests() -> None:
    aws = Aws()
    read_back = run(aws)
    aws.groups["functions"][0]["status"] = 500
    assert ["id0" in problem for problem in read_back.logs()] == [True]


def test_line_of_api_gateway_that_is_there_twice_is_said() -> None:
    aws = Aws()
    read_back = run(aws)
    aws.groups["gateway"].append(aws.groups["gateway"][0])
    assert list(read_back.logs()) == ["API Gateway has several lines for one request"]


def test_metrics_must_count_every_request() -> None:
    aws = Aws(metrics={"Count": 2, "Invocations": 2, "Latency": 1})
    read_back = run(aws)
    assert list(read_back.logs()) == []
    assert list(read_back.metrics()) == [
        f"Shop/dev Latency {{'service': 'parts', 'route': '{HEALTH}'}} counts 1 of 2 requests"
    ]
    aws.metrics["Latency"] = 7  # others send requests, too
    assert list(read_back.metrics()) == []


def test_late_metrics_are_awaited_until_the_deadline() -> None:
    class Late(Aws):
        def _data(self, arguments: Any) -> list[dict[str, Any]]:
            self.metrics = dict.fromkeys(("Count", "Invocations", "Latency"), float(self.asked))
            return super()._data(arguments)

    late = Late()
    read_back = run(late, requests=1, seconds=60)
    assert list(read_back.logs()) == []
    assert list(read_back.metrics()) == []
    assert late.asked == 2


def segments(route: str) -> list[dict[str, Any]]:
    handler = {"id": "3", "name": "## handler", "start_time": 1, "annotations": {"route": route}}
    return [
        {"id": "1", "name": "f", "origin": "AWS::Lambda", "start_time": 1},
        {"id": "2", "name": "f", "origin": "AWS::Lambda::Function", "parent_id": "1", "subsegments": [handler]},
    ]


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({TRACE: segments(HEALTH)}, None),
        ({}, "is incomplete"),
        ({TRACE: segments(HEALTH)[:1]}, "is incomplete"),
        ({TRACE: segments("/other")}, f"is of /other instead of {HEALTH}"),
    ],
)
def test_sampled_request_must_have_its_whole_trace(
    documents: dict[str, list[dict[str, Any]]], said: str | None
) -> None:
    read_back = run(Aws(documents=documents))
    assert list(read_back.logs()) == []
    problems = list(read_back.traces())
    assert [said in problem for problem in problems] == ([True] if said else []), problems  # type: ignore[operator]


def test_traced_function_without_a_sampled_request_is_said() -> None:
    aws = Aws()
    read_back = run(aws)
    for each in aws.groups["functions"]:
        each["traceparent"] = "00-0-0-00"
    assert list(read_back.logs()) == []
    assert list(read_back.traces()) == ["no request to shop-dev-parts was sampled"]
    [function] = read_back.target.functions
    read_back.target = replace(read_back.target, functions=(replace(function, traced=False),))
    assert list(read_back.traces()) == []


def alarm(name: str, state: str) -> dict[str, str]:
    return {"AlarmName": name, "StateValue": state, "StateReason": "Three datapoints."}


def test_alarm_that_is_on_is_said() -> None:
    aws = Aws(alarms=[alarm("shop-dev-a", "OK"), alarm("shop-dev-b", "ALARM"), alarm("shop-prod-c", "ALARM")])
    read_back = run(aws)
    assert list(read_back.alarm_states()) == ["shop-dev-b is in ALARM: Three datapoints."]
    assert read_back.alarms == {"OK": 1, "ALARM": 1}


def test_alarm_that_recovers_before_the_deadline_is_not_said() -> None:
    class Recovering(Aws):
        def _described(self, arguments: Any) -> list[dict[str, Any]]:
            found = super()._described(arguments)
            self.alarms = [alarm("shop-dev-a", "OK")]
            return found

    read_back = run(Recovering(alarms=[alarm("shop-dev-a", "ALARM")]), seconds=60)
    assert list(read_back.alarm_states()) == []
    assert read_back.alarms == {"OK": 1}


def test_deployment_without_alarms_is_said() -> None:
    assert list(run(Aws()).alarm_states()) == ["there is no alarm shop-dev-..."]
