"""One deployment, with Lambda and CloudWatch replaced, and minutes that take no time."""

import json
import threading
from collections.abc import Callable
from typing import Any, override

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.codedeploy.exceptions import CodeDeployException

from local_aws.codedeploy.appspec import AppSpec
from local_aws.codedeploy.moto_gaps import DeploymentsResponse
from local_aws.codedeploy.run import HOOK_MINUTES, Aws, Failed, Run
from local_aws.codedeploy.traffic import Step, steps
from tests.local_aws.codedeploy.appspecs import appspec

LINEAR = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


class FakeAws:
    """An alias, its changes, the hooks' invocations and the active alarms."""

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.weights: dict[str, float] = {}
        self.changes: list[tuple[str, dict[str, float]]] = []
        self.invoked: list[tuple[str, dict[str, str]]] = []
        self.active: set[str] = set()
        self.on_invoke: Callable[[dict[str, str]], object] = lambda _: None
        self.on_change: Callable[[], object] = lambda: None

    def get_alias(self, **_: str) -> Any:
        return {"FunctionVersion": self.version, "RoutingConfig": {"AdditionalVersionWeights": self.weights}}

    def update_alias(self, *, FunctionVersion: str, RoutingConfig: Any, **_: str) -> None:  # noqa: N803 - AWS's names
        self.version, self.weights = FunctionVersion, RoutingConfig["AdditionalVersionWeights"]
        self.changes.append((self.version, self.weights))
        self.on_change()

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: str) -> None:  # noqa: N803
        assert InvocationType == "Event"
        self.invoked.append((FunctionName, json.loads(Payload)))
        self.on_invoke(json.loads(Payload))

    def describe_alarms(self, *, AlarmNames: list[str]) -> Any:  # noqa: N803
        states = {name: "ALARM" if name in self.active else "OK" for name in AlarmNames}
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": state} for name, state in states.items()]}


def a_run(aws: FakeAws, configuration: str = CANARY, *, minute: float = 0.0, **spec: Any) -> Run:
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(appspec(**spec))}}
    traffic = steps(configuration)
    assert traffic
    return Run(
        "d-1",
        AppSpec.read(revision),
        traffic,
        ["shop-5xx", "shop-faults"],
        minute=minute,
        connect=lambda: Aws(aws, aws),
        shifted=lambda: None,
    )


def reporting(run: Run, status: str) -> Callable[[dict[str, str]], object]:
    return lambda payload: run.report(payload["LifecycleEventHookExecutionId"], status)


def test_linear_shifts_in_ten_steps() -> None:
    aws = FakeAws()
    run = a_run(aws, LINEAR)
    run.execute()
    assert run.status == "Succeeded"
    assert aws.changes == [("1", {"2": tenths / 10}) for tenths in range(1, 10)] + [("2", {})]
    assert run.weight == 1.0


def test_hooks_run_before_and_after_the_traffic_shifts() -> None:
    aws = FakeAws()
    run = a_run(aws, before="before", after="after")
    seen = []

    def report(payload: dict[str, str]) -> None:
        seen.append((payload["DeploymentId"], len(aws.changes)))
        assert run.report(payload["LifecycleEventHookExecutionId"], "Succeeded")

    aws.on_invoke = report
    run.execute()
    assert run.status == "Succeeded"
    assert [name for name, _ in aws.invoked] == ["before", "after"]
    assert seen == [("d-1", 0), ("d-1", 2)]
    assert {event.status for event in run.events.values()} == {"Succeeded"}


def test_failed_hook_fails_before_any_traffic() -> None:
    aws = FakeAws()
    run = a_run(aws, before="before", after="after")
    aws.on_invoke = reporting(run, "Failed")
    run.execute()
    assert (run.status, run.error and run.error.code) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert aws.changes == []
    assert [event.status for event in run.events.values()] == ["Failed", "Skipped", "Skipped"]


def test_hook_without_a_result_fails_after_an_hour() -> None:
    run = a_run(FakeAws(), before="before", minute=0.01 / HOOK_MINUTES)
    run.execute()
    assert run.status == "Failed"
    assert "did not report a result within an hour" in str(run.error)


def test_failed_hook_after_the_traffic_fails_the_deployment() -> None:
    aws = FakeAws()
    run = a_run(aws, after="after")
    aws.on_invoke = reporting(run, "Failed")
    run.execute()
    assert run.status == "Failed"
    assert aws.version == "2"  # the rollback is a deployment of its own


def test_alarm_during_the_canary_stops_it() -> None:
    aws = FakeAws()
    aws.on_change = lambda: aws.active.add("shop-faults")
    run = a_run(aws)
    run.execute()
    assert (run.status, run.error and run.error.code) == ("Stopped", "ALARM_ACTIVE")
    assert "shop-faults" in str(run.error)
    assert "shop-5xx" not in str(run.error)
    assert aws.changes == [("1", {"2": 0.1})]


def test_active_alarm_stops_it_before_any_hook() -> None:
    aws = FakeAws()
    aws.active.add("shop-5xx")
    run = a_run(aws, before="before")
    run.execute()
    assert run.status == "Stopped"
    assert (aws.invoked, aws.changes) == ([], [])


def test_stop_during_the_canary() -> None:
    aws = FakeAws()
    run = a_run(aws, minute=60.0)
    aws.on_change = run.stop
    run.execute()
    assert (run.status, run.error and run.error.code) == ("Stopped", "MANUAL_STOP")


def test_stop_during_a_hook() -> None:
    aws = FakeAws()
    run = a_run(aws, before="before", minute=60.0)
    aws.on_invoke = lambda _: run.stop()
    run.execute()
    assert run.status == "Stopped"
    assert not run.report(aws.invoked[0][1]["LifecycleEventHookExecutionId"], "Succeeded")


def test_alias_of_another_version_is_rejected() -> None:
    run = a_run(FakeAws(version="9"))
    run.execute()
    assert (run.status, run.error and run.error.code) == ("Failed", "INVALID_LAMBDA_CONFIGURATION")
    assert "live of shop invokes version 9, not 1" in str(run.error)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("AccessDeniedException", "IAM_ROLE_PERMISSIONS"), ("ResourceNotFound", "INVALID_LAMBDA_CONFIGURATION")],
)
def test_rejected_call_fails_the_deployment(code: str, expected: str) -> None:
    aws = FakeAws()

    def reject() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "UpdateAlias")

    aws.on_change = reject
    run = a_run(aws)
    run.execute()
    assert (run.status, run.error and run.error.code) == ("Failed", expected)


def test_failure_is_announced_before_the_status_shows_it() -> None:
    aws = FakeAws()
    aws.active.add("shop-5xx")
    run = a_run(aws)
    seen: list[tuple[Failed, str]] = []
    run.execute(lambda failure: seen.append((failure, run.status)))
    assert [(failure.event, status) for failure, status in seen] == [("DEPLOYMENT_STOP_ON_ALARM", "InProgress")]


def test_result_is_accepted_once() -> None:
    aws = FakeAws()
    run = a_run(aws, before="before")
    accepted: list[bool] = []

    def report_twice(payload: dict[str, str]) -> None:
        accepted.extend(run.report(payload["LifecycleEventHookExecutionId"], "Succeeded") for _ in range(2))

    aws.on_invoke = report_twice
    run.execute()
    assert accepted == [True, False]
    assert not run.report("another", "Succeeded")


def test_no_alarms_are_not_read() -> None:
    aws = FakeAws()
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(appspec())}}
    functions_only = Aws(aws, None)
    spec = AppSpec.read(revision)
    run = Run("d-1", spec, [Step(1.0, 0)], [], minute=0, connect=lambda: functions_only, shifted=lambda: None)
    thread = threading.Thread(target=run.execute)
    thread.start()
    thread.join()
    assert run.status == "Succeeded"


def test_unexpected_error_ends_the_deployment(caplog: pytest.LogCaptureFixture) -> None:
    aws = FakeAws()

    def fail() -> None:
        raise ReadTimeoutError(endpoint_url="http://lambda")

    aws.on_change = fail
    run = a_run(aws)
    failures: list[Failed] = []
    run.execute(failures.append)
    assert (run.status, [failure.code for failure in failures]) == ("Failed", ["INTERNAL_ERROR"])
    assert "deployment d-1 failed" in caplog.text


def test_deployment_ends_although_its_rollback_cannot_be_made() -> None:
    aws = FakeAws()
    aws.active.add("shop-5xx")
    run = a_run(aws)

    def fail(_: Failed) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run.execute(fail)
    assert (run.status, run.ended is None) == ("Stopped", False)


@pytest.mark.parametrize("operation", ["list_deployment_targets", "batch_get_deployment_targets"])
def test_deployment_has_no_targets_before_it_begins(operation: str) -> None:
    created = a_run(FakeAws())

    class Response(DeploymentsResponse):
        @override
        def _run(self) -> Run:
            return created

    with pytest.raises(CodeDeployException) as raised:
        getattr(Response(), operation)()
    assert raised.value.error_type == "DeploymentNotStartedException"
