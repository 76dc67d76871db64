"""One run of the hook: finds the new version, tests it, and reports the result.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from release_hook.smoke import check
from release_hook.version import Functions, Version


class CodeDeploy(Protocol):
    """The operations of boto3's client that the hook uses."""

    def list_deployment_targets(self, *, deploymentId: str) -> Any:  # noqa: N803 - AWS's names
        """Return the ids of the deployment's targets."""

    def batch_get_deployment_targets(self, *, deploymentId: str, targetIds: list[str]) -> Any:  # noqa: N803
        """Return the targets."""

    def put_lifecycle_event_hook_execution_status(
        self,
        *,
        deploymentId: str,  # noqa: N803
        lifecycleEventHookExecutionId: str,  # noqa: N803
        status: str,
    ) -> Any:
        """Report the result of the hook."""


class Hook:
    """Tests new versions before they get traffic.

    Args:
        codedeploy: boto3's client.
        functions: boto3's client of Lambda.
        paths: Name of each function, and the path below which its service has its operations.
    """

    def __init__(self, codedeploy: CodeDeploy, functions: Functions, paths: Mapping[str, str]) -> None:
        self._codedeploy = codedeploy
        self._functions = functions
        self._paths = paths

    def run(self, deployment_id: str, execution_id: str) -> None:
        """Test the new version of the deployment, and report `Succeeded` or `Failed`.

        Every failure is reported, because CodeDeploy would wait an hour for a result. The reason is logged.
        """
        try:
            self._test(deployment_id)
        except Exception:
            logging.getLogger(__name__).exception("deployment %s must not get traffic", deployment_id)
            status = "Failed"
        else:
            status = "Succeeded"
        self._codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment_id, lifecycleEventHookExecutionId=execution_id, status=status
        )

    def _test(self, deployment_id: str) -> None:
        # GetDeployment does not return the AppSpec file, so the version is read from the deployment's target.
        ids = self._codedeploy.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
        found = self._codedeploy.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids)
        [target] = [target["lambdaTarget"]["lambdaFunctionInfo"] for target in found["deploymentTargets"]]
        name, version = target["functionName"], target["targetVersion"]
        sent = check(self._paths[name], Version(self._functions, name, version).get)
        logging.getLogger(__name__).info("version %s of %s passed: %s", version, name, ", ".join(sent))
