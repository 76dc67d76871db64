"""Starts deployments, and the deployments that roll them back."""

import functools
import threading
from collections.abc import Callable, Mapping, Sequence

from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo

from local_aws.clients.operator_client import operator_client
from local_aws.codedeploy.appspec import AppSpec
from local_aws.codedeploy.run import Aws, Failed, Run
from local_aws.codedeploy.traffic import Step
from local_aws.iam.access import PolicyError
from local_aws.iam.credentials import RoleCredentials


class Deployments:
    """The deployments of one control plane.

    Args:
        environment: Its AWS_* variables.
        shifted: Called after each change of an alias.
        minute: Seconds that a minute of a deployment takes here.

    Attributes:
        runs: Every deployment by its id.
        lock: Held while the stored deployments change.
    """

    def __init__(self, environment: Mapping[str, str], shifted: Callable[[], None], minute: float) -> None:
        self.runs: dict[str, Run] = {}
        self.lock = threading.Lock()
        self._environment = dict(environment)
        self._shifted = shifted
        self._minute = minute

    def start(
        self,
        backend: CodeDeployBackend,
        deployment: DeploymentInfo,
        appspec: AppSpec,
        steps: Sequence[Step],
        alarms: Sequence[str],
    ) -> None:
        """Run a stored deployment in a thread of its own, and roll it back if it fails and its group says so."""
        run = self._add(deployment, appspec, steps, alarms, backend.region_name)

        def execute() -> None:
            run.execute(roll_back)
            if run.rolled_back_by is not None:
                self.runs[run.rolled_back_by].execute()

        def roll_back(failure: Failed) -> None:
            if not (_configured(deployment, failure) if failure.roll_back is None else failure.roll_back):
                return
            made = _rollback(deployment)
            back = self._add(made, appspec.reversed(), [Step(1.0, 0)], (), backend.region_name)
            back.rolls_back, run.rolled_back_by = run.deployment_id, back.deployment_id
            # A new dictionary, because another call may be iterating over this one.
            with self.lock:
                backend.deployments = {**backend.deployments, back.deployment_id: made}

        threading.Thread(target=execute, daemon=True).start()

    def _add(
        self, deployment: DeploymentInfo, appspec: AppSpec, steps: Sequence[Step], alarms: Sequence[str], region: str
    ) -> Run:
        role = deployment.deployment_group.service_role_arn
        run = Run(
            deployment.deployment_id,
            appspec,
            steps,
            alarms,
            minute=self._minute,
            connect=lambda: self._connect(role, region),
            shifted=self._shifted,
        )
        self.runs[run.deployment_id] = run
        return run

    def _connect(self, role_arn: str, region: str) -> Aws:
        try:
            made = self._roles.assume(role_arn, "CodeDeploy")
        except PolicyError as error:
            raise Failed("IAM_ROLE_PERMISSIONS", str(error)) from error
        environment = self._environment | {
            "AWS_ACCESS_KEY_ID": made.access_key_id,
            "AWS_SECRET_ACCESS_KEY": made.secret_access_key,
            "AWS_SESSION_TOKEN": made.session_token,
            "AWS_REGION": region,
        }
        return Aws(operator_client("lambda", environment), operator_client("cloudwatch", environment))

    @functools.cached_property
    def _roles(self) -> RoleCredentials:
        return RoleCredentials(self._environment, "codedeploy.amazonaws.com")


def _configured(deployment: DeploymentInfo, failure: Failed) -> bool:
    """Return whether the deployment, or else its group, is rolled back after such a failure."""
    chosen = deployment.auto_rollback_configuration or deployment.deployment_group.auto_rollback_configuration or {}
    return bool(chosen.get("enabled")) and failure.event in chosen.get("events", ())


def _rollback(deployment: DeploymentInfo) -> DeploymentInfo:
    return DeploymentInfo(
        deployment.application,
        deployment.deployment_group,
        deployment.revision,
        deployment_config_name="CodeDeployDefault.LambdaAllAtOnce",
        description=f"Rolls back {deployment.deployment_id}",
        ignore_application_stop_failures=None,
        targetInstances=None,
        auto_rollback_configuration=None,
        update_outdated_instances_only=None,
        file_exists_behavior=None,
        override_alarm_configuration=None,
        creator="codeDeployRollback",
    )
