"""`bootstrap`: creates the buckets and roles of terraform/bootstrap, and keeps their state in one of the buckets.

An empty account has no bucket for a state, so that the first apply keeps it in a local file, which is then moved.
"""

from pathlib import Path

from botocore.exceptions import ClientError

from environments.account import Account, client
from environments.problem import ProblemError
from environments.terraform import ROOT, WORK, Terraform

FOLDER = ROOT / "terraform" / "bootstrap"
KEY = "bootstrap/terraform.tfstate"
LOCAL = "backend_override.tf"


def bootstrap(repository: str, arguments: list[str], root: Path = FOLDER, work: Path = WORK) -> None:
    """Apply the root; the first time with a local state, which is moved to the bucket. It can be run again.

    Args:
        repository: The GitHub repository, as owner/name.
        arguments: Further arguments of `terraform apply`.
        root: Folder of the root.
        work: Folder for the local state.

    Raises:
        ProblemError: A step failed; running the command again continues.
    """
    account = Account.current()
    terraform = Terraform(root, work / "bootstrap" / "terraform")
    backend = [f"bucket={account.state_bucket}", f"key={KEY}", "use_lockfile=true", "encrypt=true"]
    local = work / "bootstrap" / f"{account.state_bucket}.tfstate"
    override = root / LOCAL
    values = [f"-var=repository={repository}", *arguments]
    if _exists(account):
        terraform.init(backend, "-reconfigure")
        _apply(terraform, values)
        return
    local.parent.mkdir(parents=True, exist_ok=True)
    override.write_text('terraform {\n  backend "local" {}\n}\n')
    try:
        terraform.init([f"path={local}"], "-reconfigure")
        _apply(terraform, values)
    finally:
        override.unlink()
    terraform.init(backend, "-migrate-state", "-force-copy")
    local.unlink()
    print(f"The state is in s3://{account.state_bucket}/{KEY}.")


def _apply(terraform: Terraform, values: list[str]) -> None:
    if terraform.run("apply", "-input=false", "-auto-approve", *values).returncode:
        raise ProblemError("The account is not ready: see the error above. Run the command again when it is mended.")


def _exists(account: Account) -> bool:
    """Return whether the state is in the bucket; an interrupted first run has the bucket only."""
    try:
        client("s3", account.region).head_object(Bucket=account.state_bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket", "NoSuchKey"):
            return False
        raise
    return True
