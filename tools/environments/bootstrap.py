"""`bootstrap`: creates the buckets and roles of terraform/bootstrap, and keeps their state in one of the buckets.

An empty account has no bucket for a state, so that the first apply keeps it in a local file, which is then moved.
"""

import re
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from environments.account import Account, client
from environments.problem import ProblemError
from environments.terraform import DIFFERENCE, ROOT, WORK, Terraform
from monorepo.private_folder import private_folder

FOLDER = ROOT / "terraform" / "bootstrap"
ACCOUNTS = FOLDER / "accounts"
KEY = "bootstrap/terraform.tfstate"
LOCAL = "backend_override.tf"
REPOSITORY = re.compile(r'^repository\s*=\s*"([^"]*)"', re.MULTILINE)
# As in terraform/bootstrap/variables.tf.
OWNER_AND_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


def bootstrap(
    repository: str | None,
    arguments: list[str],
    confirm: Callable[[str, str], bool],
    root: Path = FOLDER,
    accounts: Path = ACCOUNTS,
    work: Path = WORK,
) -> None:
    """Show the plan of the root, and apply exactly that if it is confirmed. It can be run again.

    Args:
        repository: The GitHub repository, as owner/name; the first run writes it to the account's file of variables.
        arguments: Further arguments of `terraform plan`.
        confirm: Asks the question, and returns whether to go on; the second argument is the account's id.
        root: Folder of the root.
        accounts: Folder with the variables of each account and region.
        work: Folder for the plan and the local state.

    Raises:
        ProblemError: A step failed, or the plan was not confirmed; running the command again continues.
    """
    account = Account.current()
    _check(arguments, accounts)
    terraform = Terraform(root, work / "bootstrap" / "terraform")
    backend = [f"bucket={account.state_bucket}", f"key={KEY}", "use_lockfile=true", "encrypt=true"]
    local = work / "bootstrap" / f"{account.state_bucket}.tfstate"
    override = root / LOCAL
    exists = _exists(account)
    values = [f"-var-file={_variables(repository, accounts, account)}", *arguments]
    private_folder(local.parent)
    if exists:
        terraform.init(backend, "-reconfigure")
        _apply(terraform, values, account, confirm)
        return
    override.write_text('terraform {\n  backend "local" {}\n}\n')
    try:
        terraform.init([f"path={local}"], "-reconfigure")
        _apply(terraform, values, account, confirm)
    finally:
        override.unlink()
    terraform.init(backend, "-migrate-state", "-force-copy")
    local.unlink()
    print(f"The state is in s3://{account.state_bucket}/{KEY}.")


def _check(arguments: list[str], accounts: Path) -> None:
    """Raise ProblemError for variables among the arguments, because the next run would not have them."""
    given = [one for one in arguments if one.lstrip("-").startswith("var")]
    if given:
        raise ProblemError(f"{given[0]} would be forgotten by the next run: write it to a file in {accounts}.")


def _variables(repository: str | None, accounts: Path, account: Account) -> Path:
    """Return the file of variables of the account and region; the first run writes it."""
    file = accounts / f"{account.id}-{account.region}.tfvars"
    if not file.is_file():
        if not repository:
            raise ProblemError(f"There is no {file}: run `make bootstrap REPOSITORY=owner/name` to write it.")
        if not OWNER_AND_NAME.fullmatch(repository):
            raise ProblemError(f"REPOSITORY must be owner/name, such as octo-org/octo-repo: {repository}.")
        accounts.mkdir(exist_ok=True)
        file.write_text(
            f'# Account {account.id} in {account.region}: `make bootstrap` reads it.\nrepository = "{repository}"\n'
        )
        print(f"Written: {file}. Keep it in Git: the next run needs it.")
    elif repository and REPOSITORY.findall(file.read_text()) != [repository]:
        raise ProblemError(
            f'{file} does not say repository = "{repository}": change it there, or leave out REPOSITORY.'
        )
    return file


def _apply(terraform: Terraform, values: list[str], account: Account, confirm: Callable[[str, str], bool]) -> None:
    """Save and show the plan, and apply the saved one if it is confirmed."""
    plan = terraform.data.with_name("tfplan")
    try:
        code = terraform.run("plan", "-input=false", "-detailed-exitcode", f"-out={plan}", *values).returncode
        if code not in (0, DIFFERENCE):
            raise ProblemError("There is no plan: see the error above. Run the command again when it is mended.")
        if code == 0:
            return
        if not confirm(
            f"Apply this plan to account {account.id} in {account.region}? Only yes is accepted: ", account.id
        ):
            raise ProblemError("Nothing was applied.")
        if terraform.run("apply", "-input=false", str(plan)).returncode:
            raise ProblemError(
                "The account is not ready: see the error above. Run the command again when it is mended."
            )
    finally:
        plan.unlink(missing_ok=True)


def _exists(account: Account) -> bool:
    """Return whether the state is in the bucket; an interrupted first run has the bucket only."""
    try:
        client("s3", account.region).head_object(Bucket=account.state_bucket, Key=KEY, ExpectedBucketOwner=account.id)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket", "NoSuchKey"):
            return False
        raise
    return True
