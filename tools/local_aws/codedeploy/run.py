"""One deployment of a Lambda function, from its hooks to its last shift of traffic.

Steps: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html. It makes its calls with the
credentials of the deployment group's role, so that a missing permission fails it.
"""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from local_aws.codedeploy.appspec import AppSpec
from local_aws.codedeploy.traffic import Step

HOOK_MINUTES = 60  # https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
EVENTS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
POLL = 0.25  # seconds, by the clock

type Status = Literal["Created", "InProgress", "Succeeded", "Failed", "Stopped"]


class Failed(Exception):  # noqa: N818 - the status that the deployment gets
    """The deployment fails. `code` is one of https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ErrorInformation.html.

    Attributes:
        roll_back: Whether it is rolled back, whatever its group says; None if the group decides.
    """

    status: Status = "Failed"
    event = "DEPLOYMENT_FAILURE"
    roll_back: bool | None = None

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AlarmActive(Failed):
    """An alarm of the deployment group is active."""

    status: Status = "Stopped"
    event = "DEPLOYMENT_STOP_ON_ALARM"


class StoppedByRequest(Failed):
    """StopDeployment was called."""

    status: Status = "Stopped"
    event = "DEPLOYMENT_STOP_ON_REQUEST"

    def __init__(self, roll_back: bool | None) -> None:  # noqa: FBT001 - of the request
        super().__init__("MANUAL_STOP", "The deployment was stopped.")
        self.roll_back = roll_back


@dataclass
class LifecycleEvent:
    """One step of a deployment; `reported` is set when its hook has reported its result."""

    name: str
    status: str = "Pending"
    execution_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    reported: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Aws:
    """Clients with the credentials of the deployment group's role."""

    functions: Any
    cloudwatch: Any


class Run:
    """A deployment that runs in its own thread.

    Args:
        deployment_id: Its id.
        appspec: What to deploy.
        steps: How the traffic shifts.
        alarms: Names of the alarms that stop it.
        minute: Seconds that a minute of its steps takes here.
        connect: Returns the clients; called in the thread.
        shifted: Called after each change of the alias.
    """

    def __init__(
        self,
        deployment_id: str,
        appspec: AppSpec,
        steps: Sequence[Step],
        alarms: Sequence[str],
        *,
        minute: float,
        connect: Callable[[], Aws],
        shifted: Callable[[], None],
    ) -> None:
        self.deployment_id = deployment_id
        self.appspec = appspec
        self.status: Status = "Created"
        self.weight = 0.0
        self.error: Failed | None = None
        self.rolled_back_by: str | None = None  # another deployment's id
        self.rolls_back: str | None = None
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.events = {name: LifecycleEvent(name) for name in EVENTS}
        self._steps = steps
        self._alarms = list(alarms)
        self._minute = minute
        self._connect = connect
        self._shifted = shifted
        self._stop = threading.Event()
        self._roll_back: bool | None = None

    def stop(self, *, roll_back: bool | None = None) -> None:
        """Ask it to stop, as StopDeployment does; `roll_back` replaces what its group says about stopped ones."""
        self._roll_back = roll_back
        self._stop.set()
        for event in self.events.values():
            event.reported.set()

    def report(self, execution_id: str, status: str) -> bool:
        """Record the result of a hook; return whether this deployment waits for it."""
        for event in self.events.values():
            if event.execution_id == execution_id and event.status == "InProgress" and not event.reported.is_set():
                event.status = status
                event.reported.set()
                return True
        return False

    def execute(self, failed: Callable[[Failed], None] = lambda _: None) -> None:
        """Run to the end: `status` and `error` say how it went. The traffic of a failed one stays where it is.

        `failed` is called before the status shows the failure.
        """
        self.began, self.status = datetime.now(UTC), "InProgress"
        try:
            self._deploy(self._connect())
        except Failed as failure:
            self._end(failure, failed)
        except ClientError as error:
            denied = "AccessDenied" in error.response["Error"]["Code"]
            self._end(Failed("IAM_ROLE_PERMISSIONS" if denied else "INVALID_LAMBDA_CONFIGURATION", str(error)), failed)
        except Exception as error:
            # A deployment that never ends would block its group.
            logging.getLogger(__name__).exception("deployment %s failed", self.deployment_id)
            self._end(Failed("INTERNAL_ERROR", f"{type(error).__name__}: {error}"), failed)
        else:
            self.ended, self.status = datetime.now(UTC), "Succeeded"

    def _end(self, failure: Failed, failed: Callable[[Failed], None]) -> None:
        try:
            failed(failure)
        finally:
            for event in self.events.values():
                event.status = {"InProgress": "Failed", "Pending": "Skipped"}.get(event.status, event.status)
            self.error, self.ended, self.status = failure, datetime.now(UTC), failure.status

    def _deploy(self, aws: Aws) -> None:
        spec = self.appspec
        alias = aws.functions.get_alias(FunctionName=spec.function, Name=spec.alias)
        if not {spec.current, spec.target} & _versions(alias):
            message = f"{spec.alias} of {spec.function} invokes version {alias['FunctionVersion']}, not {spec.current}"
            raise Failed("INVALID_LAMBDA_CONFIGURATION", message)
        self._check_alarms(aws)
        self._hook(aws, "BeforeAllowTraffic")
        self.events["AllowTraffic"].status = "InProgress"
        for step in self._steps:
            self._shift(aws, step.weight)
            self._watch(aws, step.minutes * self._minute)
        self.events["AllowTraffic"].status = "Succeeded"
        self._hook(aws, "AfterAllowTraffic")

    def _shift(self, aws: Aws, weight: float) -> None:
        spec = self.appspec
        version, weights = (spec.target, {}) if weight == 1 else (spec.current, {spec.target: weight})
        aws.functions.update_alias(
            FunctionName=spec.function,
            Name=spec.alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )
        self._shifted()
        self.weight = weight

    def _watch(self, aws: Aws, seconds: float) -> None:
        """Let the time pass while no alarm is active."""
        left = seconds
        while left > 0:
            self._check_alarms(aws)
            pause = min(left, POLL)
            self._stop.wait(pause)
            self._check_stopped()
            left -= pause
        self._check_alarms(aws)

    def _check_stopped(self) -> None:
        if self._stop.is_set():
            raise StoppedByRequest(self._roll_back)

    def _check_alarms(self, aws: Aws) -> None:
        if not self._alarms:
            return
        found = aws.cloudwatch.describe_alarms(AlarmNames=self._alarms)["MetricAlarms"]
        active = sorted(alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM")
        if active:
            raise AlarmActive("ALARM_ACTIVE", f"One or more alarms are active: {', '.join(active)}.")

    def _hook(self, aws: Aws, name: str) -> None:
        event, function = self.events[name], self.appspec.hooks.get(name)
        if function is None:
            event.status = "Skipped"
            return
        event.status = "InProgress"
        payload = {"DeploymentId": self.deployment_id, "LifecycleEventHookExecutionId": event.execution_id}
        aws.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload))
        if not event.reported.wait(HOOK_MINUTES * self._minute):
            raise Failed("HOOK_EXECUTION_FAILURE", f"The hook {name} did not report a result within an hour.")
        self._check_stopped()
        if event.status != "Succeeded":
            raise Failed("HOOK_EXECUTION_FAILURE", f"The hook {name} failed.")


def _versions(alias: Mapping[str, Any]) -> set[str]:
    """Return the versions that an alias invokes."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
    return {alias["FunctionVersion"], *weights}
