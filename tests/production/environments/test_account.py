"""An empty account: bootstrapped, then deployed, planned and destroyed under its roles alone."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from environments.account import Account, client
from environments.artefacts import publish
from environments.bootstrap import KEY, bootstrap
from environments.deployment import deploy, destroy, plan
from environments.environment import Environment
from environments.policies.recording import assumed
from environments.problem import ProblemError
from local_aws.control_plane.server import ControlPlane
from monorepo.product import product
from tests.production.environments.host import environment_of
from tests.support.fake_zips import change, make_zips

DIFFERENCE = 2


def yes(question: str, account: str) -> bool:
    return account in question


def no(question: str, account: str) -> bool:
    raise AssertionError((question, account))


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the operator's variables of an account that is bootstrapped, and has two releases."""
    work = tmp_path_factory.mktemp("work")
    with ControlPlane() as control_plane:
        with environment_of(control_plane.environment):
            bootstrap("octo-org/octo-repo", [], yes, accounts=work / "accounts", work=work)
            make_zips(work / "dist")
            publish("v1", Account.current(), work / "dist")
            change_and_publish(work / "dist")
        yield control_plane.environment


def change_and_publish(dist: Path) -> None:
    """Publish v2, in which every zip but the layer's has changed."""
    for name in json.loads((dist / "manifest.json").read_text())["zips"]:
        if name != "common-layer.zip":
            change(dist / name)
    zips = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in dist.glob("*.zip")}
    (dist / "manifest.json").write_text(json.dumps({"architecture": "arm64", "zips": zips}))
    publish("v2", Account.current(), dist)


@pytest.fixture
def as_role(operator: dict[str, str]) -> Callable[[str], Any]:
    """Return a context in which AWS tools use a role's credentials."""

    def use(role: str) -> Any:
        name = f"{product().name}-{role}-{operator['AWS_REGION']}"
        return environment_of(assumed(name, operator))

    return use


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment("dev", "dev", work=tmp_path_factory.mktemp("environments"))


def test_state_of_the_bootstrap_is_in_its_bucket(operator: dict[str, str], tmp_path: Path) -> None:
    with environment_of(operator):
        account = Account.current()
        assert client("s3", account.region).head_object(Bucket=account.state_bucket, Key=KEY)
        # Finds its state there, and asks nothing, because it changes nothing.
        bootstrap("octo-org/octo-repo", [], no, accounts=tmp_path / "accounts", work=tmp_path)
        assert not list(tmp_path.glob("bootstrap/*.tfstate"))


def test_buckets_are_as_private_as_written(operator: dict[str, str]) -> None:
    with environment_of(operator):
        account = Account.current()
        s3 = client("s3", account.region)
        for bucket in (account.state_bucket, account.artefact_bucket):
            assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
            assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
            statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
            assert statements[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("role", "subject", "trusted"),
    [
        ("prod-deploy", "repo:octo-org/octo-repo:environment:prod", True),
        ("prod-deploy", "repo:octo-org/octo-repo:environment:dev", False),
        ("prod-deploy", "repo:octo-org/octo-repo:ref:refs/heads/main", False),
        ("prod-deploy", "repo:octo-org/octo-repo:pull_request", False),
        ("prod-deploy", "repo:other/octo-repo:environment:prod", False),
        ("prod-plan", "repo:octo-org/octo-repo:pull_request", False),
        ("dev-plan", "repo:octo-org/octo-repo:pull_request", False),
        ("dev-plan", "repo:octo-org/octo-repo:environment:dev-plan", True),
        ("dev-deploy", "repo:octo-org/octo-repo:pull_request", False),
    ],
)
def test_role_trusts_one_repository_and_environment(
    operator: dict[str, str],
    role: str,
    subject: str,
    trusted: bool,  # noqa: FBT001
) -> None:
    with environment_of(operator):
        name = f"{product().name}-{role}-{operator['AWS_REGION']}"
        [statement] = client("iam", operator["AWS_REGION"]).get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"][
            "Statement"
        ]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"]["Federated"].endswith(":oidc-provider/token.actions.githubusercontent.com")
    conditions = statement["Condition"]["StringEquals"]
    assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subjects = conditions["token.actions.githubusercontent.com:sub"]
    assert (subject in ([subjects] if isinstance(subjects, str) else subjects)) is trusted


def test_deploy_role_alone_deploys_a_release(as_role: Callable[[str], Any], dev: Environment) -> None:
    with as_role("dev-deploy"):
        assert plan(dev, "v1", []) == 0
        assert deploy(dev) == 0
        assert plan(dev, None, ["-detailed-exitcode"]) == 0


def test_plan_role_plans_but_cannot_apply(
    as_role: Callable[[str], Any], dev: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    with as_role("dev-plan"):
        assert plan(dev, None, ["-detailed-exitcode"]) == 0
        assert plan(dev, "v2", ["-detailed-exitcode"]) == DIFFERENCE
        assert deploy(dev) != 0
    assert "is not authorized to perform: " in capfd.readouterr().err


def test_held_lock_names_its_holder(
    operator: dict[str, str], as_role: Callable[[str], Any], dev: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = {
        "ID": "11111111-2222-3333-4444-555555555555",
        "Operation": "OperationTypeApply",
        "Who": "somebody@elsewhere",
    }
    with environment_of(operator):
        account = Account.current()
        s3, key = client("s3", account.region), "dev/terraform.tfstate.tflock"
        s3.put_object(Bucket=account.state_bucket, Key=key, Body=json.dumps(lock))
    with as_role("dev-deploy"):
        assert plan(dev, None, []) == 1
    with environment_of(operator):
        s3.delete_object(Bucket=account.state_bucket, Key=key)
    said = capfd.readouterr().err
    assert "Error acquiring the state lock" in said
    assert "somebody@elsewhere" in said


def test_deploy_role_of_dev_cannot_reach_prod(as_role: Callable[[str], Any], tmp_path: Path) -> None:
    with as_role("dev-deploy"), pytest.raises(ProblemError, match=r"terraform init failed(?s:.*)(AccessDenied|403)"):
        plan(Environment("prod", "prod", work=tmp_path), "v1", [])


@pytest.mark.parametrize("other", ["dev-deploy", "dev-plan", "prod-deploy"])
def test_deploy_role_cannot_change_roles_of_pipelines(
    as_role: Callable[[str], Any], operator: dict[str, str], other: str
) -> None:
    name = f"{product().name}-{other}-{operator['AWS_REGION']}"
    with as_role("dev-deploy"):
        iam = client("iam", operator["AWS_REGION"])
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "b"}])
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.delete_role_policy(RoleName=name, PolicyName="not-itself")
        with pytest.raises(ClientError, match="AccessDenied"):
            iam.delete_role(RoleName=name)


def test_plan_is_stale_after_another_deployment(
    as_role: Callable[[str], Any], dev: Environment, tmp_path: Path
) -> None:
    other = Environment("dev", "dev", work=tmp_path)
    with as_role("dev-deploy"):
        plan(other, "v1", ["-var=log_retention_days=14"])
        assert plan(dev, "v2", []) == 0
        assert deploy(dev) == 0
        with pytest.raises(ProblemError, match="dev has changed since its plan, which was not applied"):
            deploy(other)


def test_destroy_leaves_no_resource(operator: dict[str, str], as_role: Callable[[str], Any], dev: Environment) -> None:
    with as_role("dev-deploy"):
        assert destroy(dev, lambda _: "dev") == 0
    with environment_of(operator):
        account = Account.current()
        state = client("s3", account.region).get_object(Bucket=account.state_bucket, Key="dev/terraform.tfstate")[
            "Body"
        ]
        assert json.load(state)["resources"] == []
        names = [role["RoleName"] for role in client("iam", account.region).list_roles()["Roles"]]
    assert [name for name in names if not name.endswith((f"-deploy-{account.region}", f"-plan-{account.region}"))] == []
