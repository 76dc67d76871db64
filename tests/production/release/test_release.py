"""Releases of the packaged zips, as Terraform applies them: by the real hook, the applied alarms and CodeDeploy's role.

The tests run in their order: each one releases another version. A minute of CodeDeploy takes 12 s, so that a canary of
five minutes is long enough for an alarm, whose periods take 5 s here.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from local_aws.commands.delivery import DIST, delivering, packaging, stack
from local_aws.control_plane.server import ControlPlane
from local_aws.terraform.stack import Stack, terraform_environment
from monorepo.services import ROOT, default_service, services
from tests.production.release.edits import BUG, SICK, append
from tests.support.deployed.data_plane import data_plane
from tests.support.moto_servers import aws_client

MINUTE: Final = 12.0  # seconds
EDITED: Final = default_service()
OTHERS: Final = [service.name for service in services() if service != EDITED]
AT_ONCE: Final = {"strategy": "all_at_once", "keep_versions": 3}
CANARY: Final = {"strategy": "canary_10_5", "keep_versions": 3}


@dataclass
class Deployed:
    """The stack, the folder of its zips, its AWS, and the address at which it is served."""

    stack: Stack
    dist: Path
    environment: dict[str, str]
    lambda_: Any
    codedeploy: Any
    url: str = ""

    def apply(self, release: dict[str, Any] | None = None) -> None:
        """Apply the zips as they are now, with the strategy from now on."""
        if release is not None:
            self.stack = replace(self.stack, variables={**self.stack.variables, "release": json.dumps(release)})
        self.stack.apply()

    def function(self, service: str) -> str:
        name: str = self.stack.outputs()["functions"][service]["name"]
        return name

    def alias(self, service: str = EDITED.name) -> tuple[int, dict[str, float]]:
        alias = self.lambda_.get_alias(FunctionName=self.function(service), Name="live")
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
        return int(alias["FunctionVersion"]), weights

    def newest(self, service: str = EDITED.name) -> int:
        found = self.lambda_.list_versions_by_function(FunctionName=self.function(service))["Versions"]
        return max(int(each["Version"]) for each in found if each["Version"] != "$LATEST")

    def edit(self, module: str, text: str) -> None:
        """Start from the packaged zip of a service, and append to one of its modules."""
        archive = self.dist / f"{EDITED.name}.zip"
        shutil.copy(DIST / archive.name, archive)
        append(archive, EDITED.name, module, text)

    def release(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the command as a pipeline does."""
        outputs = {name: {"value": value} for name, value in self.stack.outputs().items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "release", *arguments, "--environment=dev"],
            env=os.environ | self.environment | {"PYTHONPATH": str(ROOT / "tools")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        process.stdin.write(json.dumps(outputs))
        process.stdin.close()
        process.stdin = None  # communicate() would close it again
        return process

    def released(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command; return its exit code and what it wrote."""
        with self.release(*arguments) as process:
            out, err = process.communicate(timeout=300)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Apply and serve the stack with aliases that Terraform moves; destroy it afterwards."""
    work = tmp_path_factory.mktemp("release")
    dist = work / "dist"
    with ExitStack() as opened:
        control_plane = opened.enter_context(ControlPlane(minute=MINUTE))
        environment = control_plane.environment
        lambda_, codedeploy = (opened.enter_context(aws_client(name, environment)) for name in ("lambda", "codedeploy"))
        # Callers send without a pause, and must get the responses of the functions.
        limits = {"rate_limit": 10_000, "burst_limit": 10_000}
        terraform = stack(work, environment, {"dist_dir": str(dist), "throttling": json.dumps(limits)})
        with delivering(), packaging(work) as packaged:
            terraform.init()
            packaged()
            shutil.copytree(DIST, dist, ignore=shutil.ignore_patterns(".*"))
        made = Deployed(terraform, dist, environment, lambda_, codedeploy)
        made.apply()
        with data_plane(environment, work / "plane") as served:
            control_plane.invoke_on(served.admin_url)
            made.url = served.url
            yield made
        made.stack.destroy()
        assert codedeploy.list_applications()["applications"] == []
        assert lambda_.list_functions()["Functions"] == []


def test_moved_state_lets_codedeploy_take_the_aliases_over(deployed: Deployed) -> None:
    before = {name: deployed.lambda_.get_alias(FunctionName=deployed.function(name), Name="live") for name in OTHERS}
    for service in services():
        alias = f'module.service["{service.name}"].aws_lambda_alias'
        # As in docs/releases.md.
        _terraform(deployed, "state", "mv", f"{alias}.live[0]", f"{alias}.released[0]")
    deployed.apply(AT_ONCE)
    assert deployed.stack.plan() is False
    for name, alias in before.items():
        after = deployed.lambda_.get_alias(FunctionName=deployed.function(name), Name="live")
        assert after["RevisionId"] == alias["RevisionId"]


def _terraform(deployed: Deployed, *arguments: str) -> None:
    """Run another command of Terraform on the state."""
    environment = terraform_environment(os.environ, deployed.environment)
    environment["TF_DATA_DIR"] = str(deployed.stack.data)
    finished = subprocess.run(
        ["terraform", *arguments],  # noqa: S607 - the one on PATH
        cwd=deployed.stack.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout


def test_apply_publishes_and_the_command_shifts_the_traffic(deployed: Deployed) -> None:
    before, _ = deployed.alias()
    deployed.edit("app", "\n# A comment.\n")
    deployed.apply()
    assert (deployed.alias(), deployed.newest()) == ((before, {}), before + 1)
    code, out, err = deployed.released("deploy")
    assert (code, err) == (0, "")
    assert f"{EDITED.name}: version {before + 1} has all traffic, after {before}" in out
    assert deployed.alias() == (before + 1, {})
    assert deployed.stack.plan() is False


def test_failed_health_is_rolled_back_and_the_next_apply_does_not_undo_it(deployed: Deployed) -> None:
    before, _ = deployed.alias()
    deployed.edit("handler", SICK)
    deployed.apply()
    code, _, err = deployed.released("deploy")
    assert code == 1
    assert f"version {before + 1} was rolled back to {before}: HOOK_EXECUTION_FAILURE" in err
    assert deployed.alias() == (before, {})
    assert httpx2.get(f"{deployed.url}{EDITED.paths[0]}/health", timeout=30).status_code == 200
    assert deployed.stack.plan() is False
    deployed.apply()
    assert deployed.alias() == (before, {})
    code, _, err = deployed.released("deploy")
    assert (code, deployed.alias()) == (1, (before, {}))
    assert f"version {before + 1} was rolled back before" in err


def test_alarm_during_the_canary_rolls_back(deployed: Deployed) -> None:
    before, _ = deployed.alias()
    deployed.edit("app", BUG.format(address=EDITED.paths[0]))
    deployed.apply(CANARY)
    statuses = set()
    with deployed.release("deploy") as process, httpx2.Client(base_url=deployed.url, timeout=30) as client:
        while process.poll() is None:
            statuses.add(client.get(f"{EDITED.paths[0]}/defect/1").status_code)
        _, err = process.communicate()
    assert process.returncode == 1
    # The version before does not know the path.
    assert statuses == {404, 500}
    assert f"was rolled back to {before}: ALARM_ACTIVE" in err
    assert deployed.alias() == (before, {})
    assert deployed.stack.plan() is False


def test_released_version_can_be_rolled_back(deployed: Deployed) -> None:
    now, _ = deployed.alias()
    code, out, err = deployed.released("rollback", "--service", EDITED.name)
    assert (code, err) == (0, "")
    assert out == f"{EDITED.name}: version {now - 1} has all traffic again\n"
    assert deployed.stack.plan() is False
