"""The release of one service, and its rollback."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from release.deployments import ACTIVE, ENDED_BADLY, Deployment, Deployments, appspec
from release.outputs import Service
from release.versions import Versions

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SKEW = timedelta(minutes=5)  # between the clocks of Lambda and CodeDeploy


class ReleaseError(Exception):
    """The service does not have the wanted version; the message says why and what to do."""


class ServiceRelease:
    """Releases one service by CodeDeploy.

    Args:
        service: The service.
        application: The application of CodeDeploy.
        hook: ARN of the function that tests a version before it gets traffic.
        functions: boto3's client of Lambda.
        codedeploy: boto3's client of CodeDeploy.
    """

    def __init__(
        self, service: Service, application: str, hook: str | None, functions: "LambdaClient", codedeploy: Any
    ) -> None:
        self.name = service.name
        self._service = service
        self._hook = hook
        self._versions = Versions(functions, service.function, service.alias)
        self._deployments = Deployments(codedeploy, application, str(service.group))

    def start(self, label: str, *, retry: bool, ignore_alarms: bool) -> tuple[str, int] | None:
        """Start the deployment of the newest version.

        Returns:
            The deployment's id and the version; None if that version has the traffic already.

        Raises:
            ReleaseError: The version was rolled back before, and `retry` is False.
        """
        live, newest = self._versions.live(), max(self._versions.published())
        if live == newest and self._deployments.active() is None:
            return None
        if not retry and self._rolled_back(newest):
            message = f"version {newest} was rolled back before: release a newer one, or this one again with --retry"
            raise ReleaseError(message)
        spec = appspec(self._service.function, self._service.alias, current=live, target=newest, hook=self._hook)
        return self._deployments.start(spec, label, ignore_alarms=ignore_alarms), newest

    def last(self) -> Deployment | None:
        """Return the deployment that gave the live version its traffic, or one to a newer version that is running."""
        active, live = self._deployments.active(), self._versions.live()
        if active is not None:
            deployment = self._deployments.get(active)
            return deployment if deployment.target else replace(deployment, current=live, target=live)
        since = min(self._versions.published().values()) - _SKEW
        for deployment in self._deployments.history(since):
            if deployment.status == "Succeeded" and deployment.forward and deployment.target == live:
                return deployment
        return None

    def undo(self, last: Deployment, label: str) -> str:
        """Stop a running deployment, or start one back to the version before; return the id of that deployment.

        The one back shifts all traffic at once. It has no hook, and active alarms do not stop it.

        Raises:
            ReleaseError: The version before was deleted.
        """
        if last.status in ACTIVE:
            self._deployments.stop(last.deployment_id)
            return last.deployment_id
        if last.current not in self._versions.published():
            raise ReleaseError(f"version {last.current}, which was before {last.target}, does not exist any more")
        spec = appspec(self._service.function, self._service.alias, current=last.target, target=last.current)
        return self._deployments.start(spec, label, at_once=True, ignore_alarms=True)

    def ended(self, deployment_id: str) -> Deployment | None:
        """Return the deployment if it has ended, and the one that rolls it back as well."""
        if self._deployments.running(deployment_id):
            return None
        deployment = self._deployments.get(deployment_id)
        if deployment.rollback is not None and self._deployments.running(deployment.rollback):
            return None
        return deployment

    def expect(self, deployment: Deployment, version: int) -> str:
        """Return a sentence that says that this version has all traffic after the deployment.

        Raises:
            ReleaseError: It has not.
        """
        live = self._versions.live()
        if live == version:
            return f"version {live} has all traffic"
        if deployment.status in ENDED_BADLY and live == deployment.current:
            raise ReleaseError(f"version {version} was rolled back to {live}: {deployment.error}")
        raise ReleaseError(
            f"the alias invokes version {live}, not {version}; "
            f"deployment {deployment.deployment_id}: {deployment.status} {deployment.error}".rstrip()
        )

    def prune(self, keep: int) -> list[int]:
        """Delete old versions except the newest `keep` and the one that a rollback needs; return the deleted ones."""
        last = self.last()
        return self._versions.prune(keep, [] if last is None else [last.current, last.target])

    def _rolled_back(self, version: int) -> bool:
        since = self._versions.published()[version] - _SKEW
        return any(
            (deployment.target == version and deployment.status in ENDED_BADLY)
            or (deployment.current == version and not deployment.forward and deployment.status == "Succeeded")
            for deployment in self._deployments.history(since)
        )
