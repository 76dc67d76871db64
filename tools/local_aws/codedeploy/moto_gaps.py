"""CodeDeploy: runs the deployments of Lambda functions, which moto 5.2.5 only stores.

moto also lacks the deletions, the changes of a group, the targets of a deployment and the results of hooks.
"""

from typing import Any, ClassVar

from moto.codedeploy import urls
from moto.codedeploy.exceptions import CodeDeployException
from moto.codedeploy.models import DeploymentGroup
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult

from local_aws.codedeploy.appspec import AppSpec, AppSpecError
from local_aws.codedeploy.deployments import Deployments
from local_aws.codedeploy.run import Run
from local_aws.codedeploy.traffic import steps


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    urls.url_paths["{0}/$"] = DeploymentsResponse.dispatch


class DeploymentsResponse(CodeDeployResponse):
    """moto's responses, with deployments that run.

    Attributes:
        deployments: Set before the first deployment.
    """

    deployments: ClassVar[Deployments]

    def create_deployment(self) -> ActionResult:
        """CreateDeployment: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html."""
        try:
            appspec = AppSpec.read(self._get_param("revision", {}))
        except AppSpecError as error:
            raise _rejected("InvalidRevisionException", str(error)) from error
        group = self._group()
        if any(run.ended is None for run in self._runs_of(group)):
            message = "The Deployment Group already has an active Deployment."
            raise _rejected("DeploymentLimitExceededException", message)
        configuration = self._get_param("deploymentConfigName") or str(group.deployment_config_name)
        traffic = steps(configuration)
        if traffic is None:
            raise _rejected("DeploymentConfigDoesNotExistException", f"{configuration} is not for Lambda functions.")
        with self.deployments.lock:
            created: Any = super().create_deployment()
        override = self._get_param("overrideAlarmConfiguration")
        self.deployments.start(
            self.codedeploy_backend,
            self.codedeploy_backend.get_deployment(created.result["deploymentId"]),
            appspec,
            traffic,
            alarms=_alarms(group.alarm_configuration if override is None else override),
        )
        return ActionResult(created.result)

    def get_deployment(self) -> ActionResult:
        """GetDeployment, which never returns the content of an AppSpec file."""
        answer: Any = super().get_deployment()
        return ActionResult({"deploymentInfo": self._with_run(answer.result["deploymentInfo"])})

    def batch_get_deployments(self) -> ActionResult:
        """BatchGetDeployments."""
        answer: Any = super().batch_get_deployments()
        return ActionResult({"deploymentsInfo": [self._with_run(info) for info in answer.result["deploymentsInfo"]]})

    def list_deployments(self) -> ActionResult:
        """ListDeployments, with the statuses that the deployments have now."""
        for identity, deployment in list(self.codedeploy_backend.deployments.items()):
            deployment.status = self.deployments.runs[identity].status
        return super().list_deployments()

    def stop_deployment(self) -> ActionResult:
        """StopDeployment: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_StopDeployment.html."""
        run = self._run()
        if run.ended is not None:
            raise _rejected("DeploymentAlreadyCompletedException", "The deployment is already complete.")
        run.stop(roll_back=self._get_param("autoRollbackEnabled"))
        return ActionResult({"status": "Pending", "statusMessage": "The deployment is being stopped."})

    def list_deployment_targets(self) -> ActionResult:
        """ListDeploymentTargets: a Lambda deployment has one."""
        return ActionResult({"targetIds": [_target_id(self._begun().appspec)]})

    def batch_get_deployment_targets(self) -> ActionResult:
        """BatchGetDeploymentTargets."""
        run = self._begun()
        if self._get_param("targetIds") != [_target_id(run.appspec)]:
            raise _rejected("DeploymentTargetDoesNotExistException", "The deployment has no such target.")
        return ActionResult({"deploymentTargets": [_target(run)]})

    def put_lifecycle_event_hook_execution_status(self) -> ActionResult:
        """PutLifecycleEventHookExecutionStatus, which hooks call."""
        execution_id, status = self._get_param("lifecycleEventHookExecutionId"), self._get_param("status")
        if status not in ("Succeeded", "Failed"):
            message = f"{status} is not Succeeded or Failed."
            raise _rejected("InvalidLifecycleEventHookExecutionStatusException", message)
        if not self._run().report(execution_id, status):
            message = "No hook of this deployment with this id is running."
            raise _rejected("InvalidLifecycleEventHookExecutionIdException", message)
        return ActionResult({"lifecycleEventHookExecutionId": execution_id})

    def get_deployment_group(self) -> ActionResult:
        """GetDeploymentGroup, with the alarms, and without what the group does not have, such as a load balancer."""
        answer: Any = super().get_deployment_group()
        group = self._group()
        info = answer.result["deploymentGroupInfo"] | {"alarmConfiguration": group.alarm_configuration}
        return ActionResult({"deploymentGroupInfo": {name: value for name, value in info.items() if value}})

    def update_deployment_group(self) -> ActionResult:
        """UpdateDeploymentGroup: the attributes that Terraform changes for Lambda."""
        group = self._group(self._get_param("currentDeploymentGroupName"))
        for name, attribute in {
            "deploymentConfigName": "deployment_config_name",
            "serviceRoleArn": "service_role_arn",
            "alarmConfiguration": "alarm_configuration",
            "autoRollbackConfiguration": "auto_rollback_configuration",
            "deploymentStyle": "deployment_style",
        }.items():
            setattr(group, attribute, self._get_param(name, getattr(group, attribute)))
        return ActionResult({"hooksNotCleanedUp": []})

    def delete_deployment_group(self) -> ActionResult:
        """DeleteDeploymentGroup."""
        groups = self.codedeploy_backend.deployment_groups.get(self._get_param("applicationName"), {})
        groups.pop(self._get_param("deploymentGroupName"), None)
        return ActionResult({"hooksNotCleanedUp": []})

    def delete_application(self) -> EmptyResult:
        """DeleteApplication, with its groups."""
        name = self._get_param("applicationName")
        self.codedeploy_backend.applications.pop(name, None)
        self.codedeploy_backend.deployment_groups.pop(name, None)
        return EmptyResult()

    def _group(self, name: str | None = None) -> DeploymentGroup:
        name = name or self._get_param("deploymentGroupName")
        return self.codedeploy_backend.get_deployment_group(self._get_param("applicationName"), name)

    def _run(self) -> Run:
        deployment = self.codedeploy_backend.get_deployment(self._get_param("deploymentId"))
        return self.deployments.runs[deployment.deployment_id]

    def _begun(self) -> Run:
        run = self._run()
        if run.status == "Created":
            raise _rejected("DeploymentNotStartedException", "The deployment has not started.")
        return run

    def _runs_of(self, group: DeploymentGroup) -> list[Run]:
        deployments = self.codedeploy_backend.deployments.values()
        return [self.deployments.runs[one.deployment_id] for one in deployments if one.deployment_group is group]

    def _with_run(self, info: dict[str, Any]) -> dict[str, Any]:
        run = self.deployments.runs[info["deploymentId"]]
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": run.appspec.sha256}}
        changed: dict[str, Any] = {
            "status": run.status,
            "revision": revision,
            "startTime": run.began,
            "completeTime": run.ended,
            "rollbackInfo": {
                "rollbackDeploymentId": run.rolled_back_by,
                "rollbackTriggeringDeploymentId": run.rolls_back,
            },
        }
        if run.error is not None:
            changed["errorInformation"] = {"code": run.error.code, "message": str(run.error)}
        return info | changed


def _rejected(code: str, message: str) -> CodeDeployException:
    error = CodeDeployException(code, message)
    error.code = 400
    return error


def _alarms(configuration: Any) -> list[str]:
    if not configuration or not configuration.get("enabled"):
        return []
    return [alarm["name"] for alarm in configuration.get("alarms", ())]


def _target_id(appspec: AppSpec) -> str:
    return f"{appspec.function}:{appspec.alias}"


def _target(run: Run) -> dict[str, Any]:
    spec = run.appspec
    return {
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": run.deployment_id,
            "targetId": _target_id(spec),
            "status": {"Stopped": "Failed"}.get(run.status, run.status),
            "lifecycleEvents": [
                {"lifecycleEventName": event.name, "status": event.status} for event in run.events.values()
            ],
            "lambdaFunctionInfo": {
                "functionName": spec.function,
                "functionAlias": spec.alias,
                "currentVersion": spec.current,
                "targetVersion": spec.target,
                "targetVersionWeight": run.weight * 100,
            },
        },
    }
