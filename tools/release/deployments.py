"""The deployments of one deployment group of CodeDeploy.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")
ENDED_BADLY = ("Failed", "Stopped")
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_BATCH = 25  # deployments of one BatchGetDeployments


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment, and the versions between which it shifts the traffic.

    Attributes:
        label: Its description: one for all deployments of one `release deploy`.
        current: The version from which it shifts the traffic; 0 if it has not begun, or ended before it did.
        target: The version to which it shifts the traffic; 0 as above.
        rollback: Id of the deployment that rolls it back.
    """

    deployment_id: str
    status: str
    created: datetime
    label: str
    current: int
    target: int
    error: str = ""
    rollback: str | None = None

    @property
    def forward(self) -> bool:
        """Whether it shifts the traffic to a newer version."""
        return self.target > self.current


class Deployments:
    """The deployments of one service.

    Args:
        client: boto3's client of CodeDeploy.
        application: The application's name.
        group: The deployment group's name.
    """

    def __init__(self, client: Any, application: str, group: str) -> None:
        self._client = client
        self._names = {"applicationName": application, "deploymentGroupName": group}

    def start(self, spec: dict[str, Any], label: str, *, at_once: bool = False, ignore_alarms: bool = False) -> str:
        """Create a deployment of an AppSpec file, and return its id.

        Args:
            spec: The file.
            label: The deployment's description.
            at_once: Whether all traffic shifts at once, whatever the group's configuration is.
            ignore_alarms: Whether active alarms do not stop it.
        """
        arguments: dict[str, Any] = {"deploymentConfigName": AT_ONCE} if at_once else {}
        if ignore_alarms:
            arguments["overrideAlarmConfiguration"] = {"enabled": False}
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}}
        created = self._client.create_deployment(**self._names, revision=revision, description=label, **arguments)
        return str(created["deploymentId"])

    def stop(self, deployment_id: str) -> None:
        """Stop a deployment and roll it back."""
        self._client.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)

    def get(self, deployment_id: str) -> Deployment:
        """Return a deployment as it is now."""
        return self._with_target(self._info(deployment_id))

    def running(self, deployment_id: str) -> bool:
        """Return whether a deployment has not ended."""
        return self._info(deployment_id)["status"] in ACTIVE

    def active(self) -> str | None:
        """Return the id of the deployment that is running, if there is one."""
        found = self._client.list_deployments(**self._names, includeOnlyStatuses=list(ACTIVE))["deployments"]
        return found[0] if found else None

    def history(self, since: datetime) -> Iterator[Deployment]:
        """Yield the deployments since then, the newest first."""
        pages = self._client.get_paginator("list_deployments").paginate(**self._names, createTimeRange={"start": since})
        ids = [deployment_id for page in pages for deployment_id in page["deployments"]]
        infos = []
        for start in range(0, len(ids), _BATCH):
            found = self._client.batch_get_deployments(deploymentIds=ids[start : start + _BATCH])
            infos += found["deploymentsInfo"]
        for info in sorted(infos, key=lambda info: info["createTime"], reverse=True):
            yield self._with_target(info)

    def _info(self, deployment_id: str) -> dict[str, Any]:
        info: dict[str, Any] = self._client.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
        return info

    def _function(self, deployment_id: str) -> dict[str, Any]:
        """Return the versions of the deployment's target; none before it has begun.

        A deployment's revision comes without the content of the AppSpec file.
        """
        try:
            ids = self._client.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
        except self._client.exceptions.DeploymentNotStartedException:
            ids = []
        if not ids:
            return {}
        found = self._client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids)
        [function] = [target["lambdaTarget"]["lambdaFunctionInfo"] for target in found["deploymentTargets"]]
        return dict(function)

    def _with_target(self, info: dict[str, Any]) -> Deployment:
        deployment_id = info["deploymentId"]
        function = self._function(deployment_id)
        error = info.get("errorInformation", {})
        return Deployment(
            deployment_id,
            info["status"],
            created=info["createTime"],
            label=info.get("description", ""),
            current=int(function.get("currentVersion", 0)),
            target=int(function.get("targetVersion", 0)),
            error=f"{error['code']}: {error['message']}" if error else "",
            rollback=info.get("rollbackInfo", {}).get("rollbackDeploymentId"),
        )


def appspec(function: str, alias: str, *, current: int, target: int, hook: str | None = None) -> dict[str, Any]:
    """Return the AppSpec file that shifts the traffic of an alias, after the hook has tested the target version.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-example.html#appspec-file-example-lambda.
    """
    properties = {"Name": function, "Alias": alias, "CurrentVersion": str(current), "TargetVersion": str(target)}
    return {
        "version": 0.0,
        "Resources": [{function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        "Hooks": [] if hook is None else [{"BeforeAllowTraffic": hook}],
    }
