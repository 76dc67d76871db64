"""The workflows: pinned actions, permissions, credentials, and make targets that exist."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.build_support.scripts import ROOT
from tests.support.makefiles import makefiles

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *sorted((FOLDER / "actions").glob("*/action.yml"))]
USES = re.compile(r"uses: (\S+)(?: # (v\d+\.\d+\.\d+))?")
MAKE = re.compile(r"\bmake((?: +(?:-s|[\w-]+=[^\s;]+|[\w-]+))+)")
LISTED = ["make", "-s", "nightly"]
DRY_RUN = ["make", "--dry-run"]
AWS = "aws-actions/configure-aws-credentials@"


class Job(NamedTuple):
    """A job of a workflow."""

    workflow: str
    name: str
    content: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.name}"

    def uses(self, action: str) -> bool:
        """Return whether a step uses an action whose name begins so."""
        return any(step.get("uses", "").startswith(action) for step in self.content["steps"])

    def permits(self, permission: str) -> bool:
        """Return whether its token may write."""
        return bool(self.content["permissions"].get(permission) == "write")


def load(file: Path) -> dict[Any, Any]:
    # YAML 1.1 reads the key `on` as true.
    content: dict[Any, Any] = yaml.safe_load(file.read_text())
    return content


EVERY = [Job(file.name, name, job) for file in WORKFLOWS for name, job in load(file)["jobs"].items()]
CALLS = [job for job in EVERY if "uses" in job.content]
JOBS = [job for job in EVERY if job not in CALLS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_actions_are_pinned_by_commit_with_their_version(file: Path) -> None:
    for action, version in USES.findall(file.read_text()):
        if action.startswith("./"):
            assert (ROOT / action / ("" if action.endswith(".yml") else "action.yml")).is_file()
        else:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", action), action
            assert version, f"{action} has no comment with its version"


def test_an_action_has_one_commit_in_all_files() -> None:
    found = {action for file in FILES for action, _ in USES.findall(file.read_text())}
    names = [action.partition("@")[0] for action in found]
    assert len(names) == len(set(names)), sorted(found)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_has_no_permission_and_runs_once_at_a_time(file: Path) -> None:
    content = load(file)
    assert content["permissions"] == {}
    assert content["concurrency"]["group"]
    assert "pull_request_target" not in content[True]
    assert "secrets." not in file.read_text()


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_job_has_a_time_limit_and_reads_the_code_without_a_token(job: Job) -> None:
    # No nightly test holds a state's lock or is waited for.
    assert job.content["timeout-minutes"] <= (180 if job.workflow == "nightly.yml" else 120)
    checkouts = [step for step in job.content["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert set(job.content["permissions"]) <= {"contents", "id-token", "pull-requests", "issues"}
    assert job.permits("contents") or job.content["permissions"].get("contents") == ("read" if checkouts else None)


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_job_with_a_role_has_an_environment_and_does_not_package(job: Job) -> None:
    assert job.permits("id-token") == job.uses(AWS)
    if job.uses(AWS):
        assert job.content["environment"]
        assert not job.uses("./.github/actions/pants")
        assert not job.uses("actions/upload-artifact") or "-plan" in job.content["environment"]


@pytest.mark.parametrize("job", [job for job in JOBS if job.uses(AWS)], ids=str)
def test_credentials_last_as_long_as_the_job(job: Job) -> None:
    longest = re.search(r"max_session_duration = (\d+)", (ROOT / "terraform/bootstrap/roles.tf").read_text())
    assert longest
    [step] = [step for step in job.content["steps"] if step.get("uses", "").startswith(AWS)]
    # An hour is the default of the action.
    duration = int(step["with"].get("role-duration-seconds", 3600))
    assert job.content["timeout-minutes"] * 60 <= duration <= int(longest[1])


def test_prod_may_shift_traffic_as_slowly_as_terraform_allows() -> None:
    strategies = re.findall(r"linear_10_(\d+) *=", (ROOT / "terraform/release.tf").read_text())
    [prod, rollback] = [job for job in JOBS if str(job) in ("deploy.yml: prod", "rollback.yml: rollback")]
    for job in (prod, rollback):
        assert job.content["timeout-minutes"] > 9 * max(map(int, strategies)) + 15


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_job_that_writes_to_the_repository_runs_no_code_of_it(job: Job) -> None:
    if any(map(job.permits, ("contents", "pull-requests", "issues"))):
        assert not job.uses("actions/checkout")
        assert not job.uses(AWS)


def guarded(job: Job) -> str:
    """Return the conditions of a job and of the first one that it needs."""
    conditions = []
    jobs = {each.name: each for each in JOBS if each.workflow == job.workflow}
    found: Job | None = job
    while found:
        conditions.append(found.content.get("if", ""))
        found = jobs.get(found.content.get("needs", ""))
    return " ".join(conditions)


@pytest.mark.parametrize("job", [job for job in JOBS if job.uses(AWS)], ids=str)
def test_forks_and_unprepared_clones_get_no_role(job: Job) -> None:
    triggers = load(FOLDER / "workflows" / job.workflow)[True]
    conditions = guarded(job)
    assert "vars." in conditions
    if "pull_request" in triggers and "github.event_name == 'push'" not in conditions:
        assert "github.event.pull_request.head.repo.full_name == github.repository" in conditions


def groups(workflow: str) -> list[dict[str, Any]]:
    """Return the concurrency of a workflow and of its jobs."""
    content = load(FOLDER / "workflows" / workflow)
    return [content["concurrency"], *(job["concurrency"] for job in content["jobs"].values() if "concurrency" in job)]


def test_deployments_of_one_environment_never_overlap_and_are_not_cancelled() -> None:
    [whole, *per_job] = groups("deploy.yml")
    # A group of the whole run is held while it waits for an approval.
    assert "github.run_id" in whole["group"]
    assert [one["group"] for one in per_job] == ["deploy-staging", "deploy-prod"]
    assert [one["cancel-in-progress"] for one in per_job] == [False, False]


def test_rollback_waits_for_no_deployment() -> None:
    [whole] = groups("rollback.yml")
    assert whole == {"group": "${{ github.workflow }}-${{ inputs.environment }}", "cancel-in-progress": False}


def before(job: Job) -> Iterator[Job]:
    """Yield the jobs that a job needs, and those that these need."""
    needs = job.content.get("needs", [])
    for found in EVERY:
        if found.workflow == job.workflow and found.name in ([needs] if isinstance(needs, str) else needs):
            yield found
            yield from before(found)


def test_main_is_deployed_after_all_of_ci() -> None:
    deployments = [
        job
        for job in JOBS
        if job.workflow == "deploy.yml" and job.uses(AWS) and job.name in ("staging", "plan-prod", "prod")
    ]
    assert len(deployments) == 3
    for job in deployments:
        assert "./.github/workflows/ci.yml" in [found.content.get("uses") for found in before(job)]
    assert "push" not in load(FOLDER / "workflows" / "ci.yml")[True]


def test_required_check_needs_every_other_job_of_ci() -> None:
    names = [job.name for job in EVERY if job.workflow == "ci.yml"]
    [required] = [job for job in EVERY if job.workflow == "ci.yml" and job.name == "all"]
    assert required.content["if"] == "always()"
    assert sorted([*required.content["needs"], "all"]) == sorted(names)


def steps(workflow: str, name: str) -> list[str]:
    """Return the commands of a job, in their order."""
    [job] = [job for job in JOBS if (job.workflow, job.name) == (workflow, name)]
    return [step["run"] for step in job.content["steps"] if "run" in step]


def test_images_are_built_once_for_every_environment_and_before_the_release_is_published() -> None:
    built = "make release-images ENVS=staging,prod"
    staging = steps("deploy.yml", "staging")
    plan = 'make plan ENV=staging RELEASE="$RELEASE"'
    assert staging[:4] == [built, 'make publish RELEASE="$RELEASE"', plan, "make deploy ENV=staging"]
    assert [str(job) for job in JOBS for step in job.content["steps"] if "release-images" in step.get("run", "")] == [
        "deploy.yml: staging"
    ]
    # The images of prod are those of the release, so that no plan takes a file of its own.
    planned = [command for name in ("plan-prod", "prod") for command in steps("deploy.yml", name) if "plan" in command]
    assert len(planned) == 2
    assert all('plan ENV=prod RELEASE="$RELEASE"' in command and "ARGS" not in command for command in planned)


def test_previews_deploy_zips_only() -> None:
    [plan] = [command for command in steps("preview.yml", "deploy") if "make plan" in command]
    assert plan.endswith("ARGS=-var=packages={}")


def commands() -> set[tuple[str, str]]:
    """Return the make targets that run, and where."""
    found = set()
    for job in JOBS:
        for step in job.content["steps"]:
            for arguments in MAKE.findall(step.get("run", "")):
                found |= {(str(job), word) for word in arguments.split() if re.fullmatch(r"[a-z][a-z0-9-]+", word)}
    return found


def test_every_make_target_exists() -> None:
    listed = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    nightly = yaml.safe_load(listed.partition("=")[2])
    assert nightly
    used = commands() | {("nightly.yml: long", target) for target in nightly}
    assert {target for _, target in used} >= {"lint", "package", "deploy", "verify-deployed", "test-soak"}
    missing = [f"{where}: make {target}" for where, target in sorted(used) if not declared(makefiles(), target)]
    assert not missing, "\n".join(missing)


def declared(makefile: str, target: str) -> bool:
    """Return whether a rule of the Makefile makes the target."""
    return bool(re.search(rf"^{re.escape(target)}(?: [\w -]+)?:(?!=)", makefile, re.MULTILINE))


def test_release_given_by_hand_is_checked_before_make_sees_it() -> None:
    [job] = [job for job in JOBS if job.workflow == "rollback.yml"]
    step = job.content["steps"][0]["run"]
    for release, code in (("", 0), ("v1.2.0", 0), ("$(shell id)", 1), ('"; id; "', 1), ("v1\nid", 1)):
        finished = subprocess.run(["bash", "-e", "-c", step], env={"RELEASE": release}, check=False)  # noqa: S607
        assert finished.returncode == code, release
    assert "RELEASE" in job.content["env"]


@pytest.mark.parametrize("number", [1, 9_999])
def test_name_of_a_preview_is_a_valid_environment(number: int) -> None:
    variables = (ROOT / "terraform" / "variables.tf").read_text()
    rule = re.search(r'variable "environment".*?regex\("([^"]+)"', variables, re.DOTALL)
    assert rule
    names = [job.content["env"]["ENV"] for job in JOBS if job.workflow == "preview.yml" and job.uses(AWS)]
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(rule[1], re.sub(r"\$\{\{.*?\}\}", str(number), name))


@pytest.mark.parametrize(
    ("arguments", "contained", "absent"),
    [
        (["plan", "ENV=staging"], "environments plan", "--release"),
        (["plan", "ENV=staging", "RELEASE=abc"], '--release "abc"', "-m release"),
        (["publish", "RELEASE=abc"], '--release "abc"', "-m release"),
        (["rollback", "ENV=staging", "RELEASE=abc"], "-m release rollback", "abc"),
    ],
    ids=str,
)
def test_release_is_passed_to_the_commands_that_take_one(arguments: list[str], contained: str, absent: str) -> None:
    command = [*DRY_RUN, *arguments]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert contained in printed
    assert absent not in printed
