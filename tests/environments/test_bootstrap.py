"""`make bootstrap`: the plan is shown and confirmed before it is applied, and the account's variables are kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from environments.account import Account, client
from environments.bootstrap import KEY, bootstrap
from environments.problem import ProblemError

type Terraform = Callable[[str], Path]

REPOSITORY = "octo-org/octo-repo"
# Saves a plan that changes something, and has a state in a local file.
PLANS = """
for argument; do case $argument in
  -out=*) touch "${argument#-out=}" ;;
  -backend-config=path=*) touch "${argument#-backend-config=path=}" ;;
esac; done
[ $1 != plan ] || exit 2
"""


class Run:
    """Runs the command in folders of its own; `asked` are its questions."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.root, self.accounts, self.work = folder / "root", folder / "root" / "accounts", folder / "work"
        self.root.mkdir()
        self.file = self.accounts / f"{account.id}-{account.region}.tfvars"
        self.plan = self.work / "bootstrap" / "tfplan"
        self.asked: list[tuple[str, str]] = []

    def __call__(self, repository: str | None = REPOSITORY, *arguments: str, yes: bool = True) -> None:
        def confirm(question: str, account: str) -> bool:
            assert self.plan.exists()
            self.asked.append((question, account))
            return yes

        bootstrap(repository, list(arguments), confirm, self.root, self.accounts, self.work)


@pytest.fixture
def run(tmp_path: Path, account: Account) -> Run:
    return Run(tmp_path, account)


@pytest.fixture
def prepared(account: Account) -> Iterator[None]:
    """Keep a state in the bucket, as an earlier run does."""
    s3 = client("s3", account.region)
    if account.state_bucket not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        place = {"LocationConstraint": account.region}
        s3.create_bucket(Bucket=account.state_bucket, CreateBucketConfiguration=place)
    s3.put_object(Bucket=account.state_bucket, Key=KEY)
    yield
    s3.delete_object(Bucket=account.state_bucket, Key=KEY)


def test_confirmed_plan_is_applied_as_it_was_shown(run: Run, account: Account, terraform: Terraform) -> None:
    log = terraform(PLANS)
    run()
    init, planned, applied, moved = log.read_text().splitlines()
    assert "-backend-config=path=" in init
    assert f"-out={run.plan} -var-file={run.file}" in planned
    assert applied == f"apply -no-color -input=false {run.plan}"
    assert "-migrate-state" in moved
    assert [confirmed for _, confirmed in run.asked] == [account.id]
    assert f"account {account.id} in {account.region}" in run.asked[0][0]
    assert not run.plan.exists()


def test_refused_plan_is_not_applied(run: Run, terraform: Terraform) -> None:
    log = terraform(PLANS)
    with pytest.raises(ProblemError, match=r"^Nothing was applied\.$"):
        run(yes=False)
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["init", "plan"]
    assert not run.plan.exists()
    assert list(run.root.iterdir()) == [run.accounts]  # The local backend is taken away again.


def test_failed_first_apply_keeps_the_local_state_for_the_next_run(
    run: Run, account: Account, terraform: Terraform, tmp_path: Path
) -> None:
    fails = tmp_path / "fails"
    fails.touch()
    log = terraform(f"{PLANS}[ $1 != apply ] || [ ! -e {fails} ]")
    with pytest.raises(ProblemError, match="The account is not ready: see the error above"):
        run()
    state = run.work / "bootstrap" / f"{account.state_bucket}.tfstate"
    assert state.exists()
    assert list(run.root.iterdir()) == [run.accounts]
    fails.unlink()
    run(None)
    assert not state.exists()
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["init", "plan", "apply"] * 2 + ["init"]


@pytest.mark.usefixtures("prepared")
def test_next_run_has_the_variables_of_the_first(run: Run, terraform: Terraform) -> None:
    log = terraform(PLANS)
    run()
    assert f'\nrepository = "{REPOSITORY}"\n' in run.file.read_text()
    with run.file.open("a") as file:
        file.write("create_oidc_provider = false\n")
    run(None)
    run()
    planned = [line for line in log.read_text().splitlines() if line.startswith("plan")]
    assert planned == [f"plan -no-color -input=false -detailed-exitcode -out={run.plan} -var-file={run.file}"] * 3
    assert run.file.read_text().endswith("create_oidc_provider = false\n")


@pytest.mark.usefixtures("prepared")
def test_plan_without_changes_asks_nothing(run: Run, terraform: Terraform) -> None:
    log = terraform(PLANS.replace("exit 2", "exit 0"))
    run()
    assert run.asked == []
    assert "apply" not in log.read_text()


@pytest.mark.usefixtures("prepared")
def test_failed_plan_is_not_applied(run: Run, terraform: Terraform) -> None:
    terraform(PLANS.replace("exit 2", "exit 1"))
    with pytest.raises(ProblemError, match="There is no plan: see the error above"):
        run()
    assert run.asked == []


@pytest.mark.usefixtures("account")
def test_missing_repository_is_reported(run: Run, terraform: Terraform) -> None:
    terraform(PLANS)
    with pytest.raises(ProblemError, match=r"There is no .*\.tfvars: run `make bootstrap REPOSITORY=owner/name`"):
        run(None)


@pytest.mark.parametrize("repository", ["https://github.com/octo-org/octo-repo", "octo-repo", 'octo-org/"'])
def test_invalid_repository_is_not_written(run: Run, terraform: Terraform, repository: str) -> None:
    terraform(PLANS)
    with pytest.raises(ProblemError, match="REPOSITORY must be owner/name, such as octo-org/octo-repo"):
        run(repository)
    assert not run.accounts.exists()


def test_other_repository_is_rejected(run: Run, terraform: Terraform) -> None:
    log = terraform(PLANS)
    run()
    before = log.read_text()
    with pytest.raises(ProblemError, match='does not say repository = "octo-org/other": change it there'):
        run("octo-org/other")
    assert log.read_text() == before


@pytest.mark.parametrize("argument", ["-var=create_oidc_provider=false", "--var-file=a.tfvars", "-var"])
def test_variable_that_the_next_run_would_forget_is_rejected(run: Run, terraform: Terraform, argument: str) -> None:
    log = terraform(PLANS)
    with pytest.raises(ProblemError, match="would be forgotten by the next run: write it to a file in "):
        run(REPOSITORY, argument)
    assert not log.exists()
