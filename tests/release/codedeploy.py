"""boto3's client of CodeDeploy, with what AWS does and the embedded AWS does not, or not when a test needs it."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError


class CodeDeploy:
    """Delegates to the client.

    Args:
        client: boto3's client.
        polls: How often GetDeployment returns the status Created before the real one.
        errors: Codes of the errors of the first calls of GetDeployment.
        never: Whether no deployment has a target.
        denied: A method that the caller may not call.
    """

    def __init__(
        self, client: Any, *, polls: int = 0, errors: Sequence[str] = (), never: bool = False, denied: str = ""
    ) -> None:
        self._client = client
        self._denied = denied
        self._never = never
        self._without_target: set[str] = set()
        self.polls = polls
        self.errors = list(errors)

    def __getattr__(self, name: str) -> Any:
        if name == self._denied:
            return lambda **_: self._fail("AccessDeniedException", name)
        return getattr(self._client, name)

    def without_target(self, *deployment_ids: str) -> None:
        """Let these deployments have ended before they began."""
        self._without_target |= set(deployment_ids)

    def get_deployment(self, *, deploymentId: str) -> Any:  # noqa: N803 - AWS's names
        if self.errors:
            self._fail(self.errors.pop(0), "get_deployment")
        found = self._client.get_deployment(deploymentId=deploymentId)
        if self.polls:
            self.polls -= 1
            found["deploymentInfo"]["status"] = "Created"
        return found

    def list_deployment_targets(self, *, deploymentId: str) -> Any:  # noqa: N803
        if self._never or self.polls or deploymentId in self._without_target:
            error = {"Error": {"Code": "DeploymentNotStartedException", "Message": "The deployment has not started."}}
            raise self._client.exceptions.DeploymentNotStartedException(error, "ListDeploymentTargets")
        return self._client.list_deployment_targets(deploymentId=deploymentId)

    def _fail(self, code: str, operation: str) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "The test says so."}}, operation)
