"""`make grant` and `make revoke`: give a user a scope, or take it away.

Without an environment the user is one of the embedded AWS that `make up` runs; with one, it is one of the AWS account
whose credentials the caller has.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from grants.scopes import GrantError, change
from local_aws.session import Session, SessionError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".local" / "up"
PRODUCT = "bookshelf"
# As terraform/variables.tf has it.
ENVIRONMENT = re.compile(r"[a-z][a-z0-9]{1,7}")


def main(arguments: Sequence[str]) -> None:
    """Run one command; exit with one clear line and status 1 when it cannot be done, or 2 when it cannot be read."""
    given = parsed(arguments)
    scope = frozenset({given.scope})
    try:
        client, table = place(given.env, given.work)
        with closing(client):
            grant = given.command == "grant"
            user, scopes = change(client, table, given.email, scope.union if grant else lambda held: held - scope)
    except (BotoCoreError, ClientError, GrantError, SessionError) as error:
        sys.exit(f"grants: {' '.join(str(error).split())}")
    print(f"{given.email} (user {user}) has: {', '.join(scopes) or 'no scopes'}. Tokens show it when they are new.")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exit with status 2 and a line that says why when it cannot be read."""
    parser = argparse.ArgumentParser(prog="grants", description=__doc__)
    parser.add_argument("command", choices=("grant", "revoke"))
    parser.add_argument("--scope", type=_scope, required=True, metavar="SERVICE:admin")
    parser.add_argument("--email", type=_email, required=True)
    parser.add_argument("--env", type=_environment, default="", help="environment in the caller's AWS account")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the embedded AWS")
    return parser.parse_args(arguments)


def place(environment: str, work: Path) -> tuple["DynamoDBClient", str]:
    """Return a client and the users table's name: in the caller's AWS account, or on the embedded AWS.

    Raises:
        SessionError: No environment is named, and no embedded AWS runs in folder `work`.
    """
    if environment:
        mine: DynamoDBClient = boto3.client("dynamodb")
        return mine, f"{PRODUCT}-{environment}-users"
    session = Session.read(work)
    aws = session.control_plane
    embedded: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        region_name=aws["AWS_REGION"],
    )
    product, name = (session.variables.get(*pair) for pair in (("name", PRODUCT), ("environment", "dev")))
    return embedded, f"{product}-{name}-users"


def services() -> list[str]:
    """Return the names of the services in this repository."""
    return sorted(path.parent.name for path in ROOT.glob("services/*/app.py"))


def _scope(text: str) -> str:
    known = [f"{service}:admin" for service in services()]
    if text not in known:
        raise argparse.ArgumentTypeError(f"SCOPE={text} is none of {', '.join(known)}")
    return text


def _email(text: str) -> str:
    if "@" not in text:
        raise argparse.ArgumentTypeError(f"EMAIL={text} is no e-mail address")
    return text


def _environment(text: str) -> str:
    if text and not ENVIRONMENT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"ENV={text}: 2 to 8 lower-case letters or digits, a letter first")
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
