"""Releases every service's newest version, or rolls the last release back.

Each service gets one line: on standard output, or on standard error if it does not have the wanted version.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from release.deployments import Deployment
from release.outputs import Stack
from release.service_release import ReleaseError, ServiceRelease
from release.versions import Versions

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

POLL = 2.0  # seconds
PATIENCE = 15  # minutes beyond those in which the traffic shifts
THROTTLED = "ThrottlingException"  # https://docs.aws.amazon.com/codedeploy/latest/APIReference/CommonErrors.html


@dataclass
class Command:
    """Releases and rolls back the services of one stack.

    Args:
        stack: What to release.
        functions: boto3's client of Lambda.
        codedeploy: boto3's client of CodeDeploy.
        minutes: How long to wait for the deployments; by default a quarter of an hour more than the traffic shifts.
        pause: Waits for so many seconds.
        clock: Returns seconds.
    """

    stack: Stack
    functions: "LambdaClient"
    codedeploy: Any
    minutes: float | None = None
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _failed: set[str] = field(default_factory=set, init=False)

    def deploy(self, *, retry: bool = False, ignore_alarms: bool = False) -> bool:
        """Shift the traffic of each service to its newest version, and delete old versions.

        Args:
            retry: Whether a version is released again that was rolled back.
            ignore_alarms: Whether active alarms neither prevent nor stop the deployments.

        Returns:
            Whether every service has its newest version.
        """
        if self.stack.application is None:
            self._prune_only()
            return not self._failed
        label = _label("release")
        releases = self._releases()
        started: dict[ServiceRelease, str] = {}
        versions: dict[str, int] = {}
        for release in releases:
            with self._reporting(release.name):
                found = release.start(label, retry=retry, ignore_alarms=ignore_alarms)
                if found is None:
                    print(f"{release.name}: the newest version has all traffic already")
                else:
                    started[release], versions[release.name] = found
        for release, deployment in self._ends(started):
            with self._reporting(release.name):
                print(
                    f"{release.name}: {release.expect(deployment, versions[release.name])}, after {deployment.current}"
                )
        for release in releases:
            if release.name not in self._failed:
                with self._reporting(release.name):
                    self._report_pruned(release.name, release.prune(self.stack.keep_versions))
        return not self._failed

    def rollback(self, names: Sequence[str] = ()) -> bool:
        """Shift all traffic of the services back to the version before, at once, without hook and alarms.

        A running deployment is stopped, which rolls it back. Without names, the services of the last release are
        rolled back.

        Returns:
            Whether every one of them has the version before.
        """
        if self.stack.application is None:
            print("rollback: the strategy is direct: apply an earlier commit instead", file=sys.stderr)
            return False
        label = _label("rollback")
        started: dict[ServiceRelease, str] = {}
        before: dict[str, int] = {}
        found = self._to_roll_back(names)
        if not found and not names and not self._failed:
            self._fail("rollback", "no release is known, so none can be undone")
        for release, last in found:
            with self._reporting(release.name):
                started[release] = release.undo(last, label)
                before[release.name] = last.current
        for release, deployment in self._ends(started):
            with self._reporting(release.name):
                print(f"{release.name}: {release.expect(deployment, before[release.name])} again")
        return not self._failed

    def _releases(self) -> list[ServiceRelease]:
        application, hook = str(self.stack.application), self.stack.hook
        return [
            ServiceRelease(service, application, hook, self.functions, self.codedeploy)
            for service in self.stack.services
        ]

    def _to_roll_back(self, names: Sequence[str]) -> list[tuple[ServiceRelease, Deployment]]:
        found: list[tuple[ServiceRelease, Deployment]] = []
        for release in self._releases():
            if names and release.name not in names:
                continue
            with self._reporting(release.name):
                last = release.last()
                if last is not None:
                    found.append((release, last))
                elif names:
                    raise ReleaseError("no release of the version with the traffic is known, so none can be undone")
        if names or not found:
            return found
        newest = max((last for _, last in found), key=lambda last: last.created)
        return [(release, last) for release, last in found if last.label == newest.label]

    def _ends(self, started: dict[ServiceRelease, str]) -> Iterator[tuple[ServiceRelease, Deployment]]:
        """Yield each deployment when it has ended; after the time limit, report those that have not."""
        minutes = self.stack.minutes + PATIENCE if self.minutes is None else self.minutes
        deadline = self.clock() + minutes * 60
        running = dict(started)
        while running:
            self.pause(POLL)
            for release, deployment_id in list(running.items()):
                try:
                    deployment = release.ended(deployment_id)
                except (BotoCoreError, ClientError) as error:
                    if isinstance(error, ClientError) and error.response["Error"]["Code"] == THROTTLED:
                        continue
                    del running[release]
                    self._fail(release.name, f"the end of deployment {deployment_id} is not known: {error}")
                    continue
                if deployment is not None:
                    del running[release]
                    yield release, deployment
            if running and self.clock() >= deadline:
                for release, deployment_id in running.items():
                    self._fail(release.name, f"deployment {deployment_id} still runs after {minutes:g} minutes")
                return

    def _prune_only(self) -> None:
        """Delete old versions where Terraform moves the aliases."""
        for service in self.stack.services:
            with self._reporting(service.name):
                versions = Versions(self.functions, service.function, service.alias)
                print(f"{service.name}: Terraform has moved the traffic to version {versions.live()}")
                self._report_pruned(service.name, versions.prune(self.stack.keep_versions, ()))

    @contextmanager
    def _reporting(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ReleaseError, BotoCoreError, ClientError) as error:
            self._fail(name, str(error))

    def _fail(self, name: str, message: str) -> None:
        self._failed.add(name)
        print(f"{name}: {message}", file=sys.stderr)

    def _report_pruned(self, name: str, deleted: Sequence[int]) -> None:
        if deleted:
            print(f"{name}: deleted the versions {', '.join(map(str, deleted))}")


def _label(kind: str) -> str:
    return f"{kind} {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
