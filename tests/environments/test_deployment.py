"""`make plan`, `deploy` and `destroy`: what they reject, and what they hand to Terraform."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments.account import Account, client
from environments.deployment import deploy, destroy, outputs, plan
from environments.environment import Environment
from environments.problem import ProblemError

type Terraform = Callable[[str], Path]

# Saves a plan, and has no outputs.
PLANS = """
case $1 in
  output) echo "{}" ;;
  plan) for argument; do case $argument in -out=*) touch "${argument#-out=}" ;; esac; done ;;
esac
"""


@pytest.fixture
def dev(tmp_path: Path) -> Environment:
    return Environment("dev", "dev", work=tmp_path / "work")


def test_plan_is_saved_with_the_values_of_the_account(dev: Environment, account: Account, terraform: Terraform) -> None:
    log = terraform(PLANS)
    assert plan(dev, None, ["-detailed-exitcode"]) == 0
    init, _, planned = log.read_text().splitlines()
    assert f"-backend-config=bucket={account.state_bucket}" in init
    assert f"-out={dev.plan}" in planned
    assert f"-var=permissions_boundary_arn={account.boundary('/', 'dev')} -var-file={dev.file}" in planned
    assert "-var=artefacts=null" in planned
    assert planned.endswith("-detailed-exitcode")
    assert dev.plan.exists()


def test_plan_keeps_the_deployed_release(dev: Environment, account: Account, terraform: Terraform) -> None:
    log = terraform(PLANS.replace('echo "{}"', """echo '{"published_release": {"value": "v1"}}'"""))
    plan(dev, None, [])
    plan(dev, "v2", [])
    plan(dev, "local", [])
    planned = [line for line in log.read_text().splitlines() if line.startswith("plan")]
    chosen = [json.loads(line.partition("-var=artefacts=")[2].partition(" -var=")[0]) for line in planned]
    bucket = account.artefact_bucket
    assert chosen == [{"bucket": bucket, "release": "v1"}, {"bucket": bucket, "release": "v2"}, None]


def test_release_of_another_account_is_compared_with_its_list(
    tmp_path: Path, account: Account, terraform: Terraform
) -> None:
    bucket = f"{account.name}-artefacts-111122223333-eu-central-1"
    place: Any = {"LocationConstraint": account.region}
    client("s3", account.region).create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    (tmp_path / "prod.tfvars").write_text(f'artefact_bucket = "{bucket}"\n')
    prod = Environment("prod", "prod", folder=tmp_path, work=tmp_path / "work")
    log = terraform(PLANS.replace('echo "{}"', """echo '{"functions": {"value": {}}}'"""))
    plan(prod, "v1", [])
    # The file replaces what is computed.
    assert '"release": "v1"} -var=permissions_boundary_arn=' in log.read_text()
    assert f"-var-file={prod.file}" in log.read_text()
    with pytest.raises(ProblemError, match=rf"Release v1 was not published: s3://{bucket} has no releases/v1\.json"):
        deploy(prod)


def test_failed_plan_is_not_saved(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    terraform(f"{PLANS}\n[ $1 != plan ]")
    assert plan(dev, None, []) == 1
    with pytest.raises(ProblemError, match="There is no saved plan of dev: run `make plan ENV=dev` first"):
        deploy(dev)


def test_deploy_applies_the_saved_plan_once(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    log = terraform(PLANS)
    plan(dev, None, [])
    assert deploy(dev) == 0
    assert f"apply -no-color -input=false {dev.plan}" in log.read_text().splitlines()
    with pytest.raises(ProblemError, match="There is no saved plan of dev"):
        deploy(dev)


def test_outputs_are_those_of_the_environments_state(
    dev: Environment,
    account: Account,
    terraform: Terraform,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = terraform("""[ $1 != output ] || echo '{"release": {"value": "of dev"}}'""")
    assert outputs(dev) == 0
    assert json.loads(capsys.readouterr().out) == {"release": {"value": "of dev"}}
    init, printed = log.read_text().splitlines()
    assert f"-backend-config=bucket={account.state_bucket}" in init
    assert printed == "output -no-color -json"


def test_missing_outputs_are_a_failure(
    dev: Environment,
    account: Account,  # noqa: ARG001
    terraform: Terraform,
    capsys: pytest.CaptureFixture[str],
) -> None:
    terraform("[ $1 != output ] || { echo no state >&2; exit 1; }")
    assert outputs(dev) == 1
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "no state\n")


def test_stale_plan_is_rejected(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    terraform(f'{PLANS}\n[ $1 != apply ] || {{ echo "Error: Saved plan is stale" >&2; exit 1; }}')
    plan(dev, None, [])
    with pytest.raises(ProblemError, match="dev has changed since its plan, which was not applied: run `make plan"):
        deploy(dev)


@pytest.mark.parametrize("facts", [{"account": "210987654321"}, {"region": "eu-west-1"}])
def test_plan_of_another_place_is_rejected(
    dev: Environment,
    account: Account,
    terraform: Terraform,
    facts: dict[str, str],
) -> None:
    log = terraform(PLANS)
    plan(dev, None, [])
    before, file = log.read_text(), dev.plan.with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))
    with pytest.raises(ProblemError, match=f"The plan of dev is not of account {account.id} in {account.region}: run"):
        deploy(dev)
    assert log.read_text() == before


def test_plan_of_other_zips_is_rejected(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    log = terraform(PLANS)
    plan(dev, None, [])
    facts = dev.plan.with_suffix(".json")
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"zips": {"other.zip": "hash"}}))
    with pytest.raises(ProblemError, match="The zips in dist/ have changed since the plan of dev"):
        deploy(dev)
    assert "apply" not in log.read_text()


def test_protected_environment_is_not_destroyed(terraform: Terraform) -> None:
    log = terraform(PLANS)
    with pytest.raises(ProblemError, match=r"^prod is protected: first deploy it with `deletion_protection = false`"):
        destroy(Environment("prod", "prod"), lambda _: "prod")
    assert not log.exists()


def test_deployed_protection_prevents_destroy(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    log = terraform(PLANS.replace('echo "{}"', """echo '{"deletion_protection": {"value": true}}'"""))
    with pytest.raises(ProblemError, match=r"^dev is protected: first deploy it with `deletion_protection = false`"):
        destroy(dev, lambda _: "dev")
    assert "destroy" not in log.read_text()


def test_environment_of_a_pull_request_has_the_boundary_of_its_pattern(
    tmp_path: Path, account: Account, terraform: Terraform
) -> None:
    log = terraform(PLANS)
    plan(Environment("pull12", "dev", work=tmp_path / "work"), None, [])
    boundary = f"arn:aws:iam::{account.id}:policy/{account.name}-boundary-pull_-eu-central-1"
    assert f"-var=permissions_boundary_arn={boundary} " in log.read_text()


@pytest.mark.parametrize("release", ['v1"; id; "', "$(id)", "a b"])
def test_plan_of_an_invalid_release_is_rejected(dev: Environment, terraform: Terraform, release: str) -> None:
    log = terraform(PLANS)
    with pytest.raises(ProblemError, match="RELEASE must be up to 64 letters"):
        plan(dev, release, [])
    assert not log.exists()


def test_destroy_asks_for_the_name(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    log = terraform(PLANS)
    with pytest.raises(ProblemError, match="Nothing was deleted"):
        destroy(dev, lambda _: "yes")
    assert not log.exists()
    assert destroy(dev, lambda _: "dev") == 0
    assert log.read_text().splitlines()[-1].startswith("destroy -no-color -input=false -auto-approve")


def test_failed_init_is_reported(dev: Environment, account: Account, terraform: Terraform) -> None:  # noqa: ARG001
    terraform('echo "Error: no such bucket" >&2; exit 1')
    with pytest.raises(ProblemError, match=r"terraform init failed in .*\nError: no such bucket"):
        plan(dev, None, [])


def test_missing_region_and_credentials_are_reported(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:  # noqa: ARG001
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(ProblemError, match="There are no valid AWS credentials"):
        Account.current()
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ProblemError, match="There is no AWS region: set AWS_REGION"):
        Account.current()
