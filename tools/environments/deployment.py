"""`plan` saves a plan, `deploy` applies exactly that plan, `destroy` deletes an environment that is not protected."""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from environments import publications
from environments.account import Account
from environments.artefacts import DIST, LOCAL, check_deployed, check_release
from environments.environment import Environment
from environments.problem import ProblemError
from environments.terraform import DIFFERENCE, ROOT, Terraform
from monorepo.private_folder import private_folder


def plan(environment: Environment, release: str | None, arguments: list[str]) -> int:
    """Show and save the plan of an environment; return Terraform's exit code.

    Args:
        environment: What to plan.
        release: The published release to deploy, `local` for the zips in dist/, None for what is deployed now.
        arguments: Further arguments of `terraform plan`, such as `-detailed-exitcode`.

    Raises:
        ProblemError: A step failed.
    """
    if release is not None:
        check_release(release)
    account = Account.current()
    terraform = _connected(environment, account)
    deployed = terraform.outputs()
    release = release or deployed.get("published_release") or LOCAL
    private_folder(environment.plan.parent)
    environment.plan.unlink(missing_ok=True)
    chosen = environment.read()
    code = terraform.run(
        "plan",
        "-input=false",
        f"-out={environment.plan}",
        *environment.values(_computed(environment, account, chosen, release)),
        *publications.to_publish_again(deployed, account),
        *arguments,
    ).returncode
    if code in (0, DIFFERENCE):
        bucket = chosen["artefact_bucket"] or account.artefact_bucket
        facts = {**_place(account), "release": release, "bucket": bucket, "zips": _zips(release)}
        _facts(environment).write_text(json.dumps(facts))
        print(f"Saved. To apply exactly this plan: make deploy ENV={environment.name}")
    else:
        environment.plan.unlink(missing_ok=True)
    return code


def deploy(environment: Environment) -> int:
    """Apply the saved plan; return Terraform's exit code.

    Raises:
        ProblemError: There is no plan, or what it was made for has changed since.
    """
    again = f"run `make plan ENV={environment.name}` again"
    if not environment.plan.is_file() or not _facts(environment).is_file():
        raise ProblemError(
            f"There is no saved plan of {environment.name}: run `make plan ENV={environment.name}` first."
        )
    facts, account = json.loads(_facts(environment).read_text()), Account.current()
    if not facts.items() >= (place := _place(account)).items():
        raise ProblemError(
            f"The plan of {environment.name} is not of account {place['account']} in {place['region']}: {again}."
        )
    if facts["zips"] != _zips(facts["release"]):
        raise ProblemError(f"The zips in dist/ have changed since the plan of {environment.name}: {again}.")
    terraform = _connected(environment, account)
    applied = terraform.run("apply", "-input=false", str(environment.plan))
    if "Saved plan is stale" in applied.stderr:
        raise ProblemError(f"{environment.name} has changed since its plan, which was not applied: {again}.")
    if applied.returncode == 0:
        environment.plan.unlink()
        if facts["release"] != LOCAL:
            check_deployed(facts["release"], facts["bucket"], account.region, terraform.outputs()["functions"])
    return applied.returncode


def outputs(environment: Environment) -> int:
    """Print the outputs of the last apply as JSON, for tools/release; return Terraform's exit code."""
    terraform = _connected(environment, Account.current())
    finished = terraform.run("output", "-json", shown=False)
    sys.stdout.write(finished.stdout)
    sys.stderr.write(finished.stderr)
    return finished.returncode


def destroy(environment: Environment, confirm: Callable[[str], str]) -> int:
    """Delete everything in an environment; return Terraform's exit code.

    Args:
        environment: What to delete.
        confirm: Asks the question, and returns the response.

    Raises:
        ProblemError: The environment is protected, or the response is not its name.
    """
    protected = f"{environment.name} is protected: first deploy it with `deletion_protection = false`"
    chosen = environment.read()
    if chosen["deletion_protection"]:
        raise ProblemError(f"{protected} in {environment.file.name}.")
    if confirm(f"Everything in {environment.name} is deleted, all data included. Its name: ") != environment.name:
        raise ProblemError("Nothing was deleted: the name is another one.")
    account = Account.current()
    terraform = _connected(environment, account)
    deployed = terraform.outputs()
    if deployed.get("deletion_protection"):
        raise ProblemError(f"{protected}.")
    release = deployed.get("published_release") or LOCAL
    values = environment.values(_computed(environment, account, chosen, release))
    return terraform.run("destroy", "-input=false", "-auto-approve", *values).returncode


def _connected(environment: Environment, account: Account) -> Terraform:
    terraform = Terraform(ROOT / "terraform", environment.work / environment.name / "terraform")
    terraform.init(environment.backend(account.state_bucket), "-reconfigure")
    return terraform


def _computed(environment: Environment, account: Account, chosen: Mapping[str, Any], release: str) -> dict[str, str]:
    artefacts = "null" if release == LOCAL else json.dumps({"bucket": account.artefact_bucket, "release": release})
    boundary = account.boundary(chosen["role_path"], environment.boundary)
    return {"artefacts": artefacts, "permissions_boundary_arn": boundary}


def _place(account: Account) -> dict[str, str]:
    return {"account": account.id, "region": account.region}


def _facts(environment: Environment) -> Path:
    return environment.plan.with_suffix(".json")


def _zips(release: str) -> dict[str, str]:
    """Return the hashes of the zips that an apply uploads; none if it uses published ones."""
    if release != LOCAL:
        return {}
    zips = sorted(DIST.glob("**/*.zip"))
    return {str(file.relative_to(DIST)): hashlib.sha256(file.read_bytes()).hexdigest() for file in zips}
