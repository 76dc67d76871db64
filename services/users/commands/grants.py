"""`make grant` and `make revoke`: give a user a scope, or remove it.

Without an environment they change a user of the embedded AWS that `make up` runs. With one, they change a user in the
AWS account of the caller's credentials.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.session import Session, SessionError
from monorepo.product import product
from monorepo.services import services
from users.commands.scopes import GrantError, change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SERVICE: Final = "users"
WORK: Final = Path(__file__).parents[3] / ".local" / "up"
# The same rules as for `name` and `environment` in terraform/variables.tf.
NAME: Final = re.compile(r"[a-z][a-z0-9]{1,11}")
SCOPE: Final = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z_]*")
ENVIRONMENT: Final = re.compile(r"[a-z][a-z0-9]{1,7}")


def main(arguments: Sequence[str]) -> None:
    """Run one command; exit with one line and status 1 if it fails, or status 2 if the arguments are wrong."""
    given = parsed(arguments)
    scope = frozenset({given.scope})
    grant = given.command == "grant"
    try:
        client, table = place(given.env, given.name, given.work)
        with closing(client):
            user = change(client, table, given.email, scope.union if grant else partial(_without, given.scope))
    except (BotoCoreError, ClientError, GrantError, SessionError) as error:
        sys.exit(f"{given.command}: {' '.join(str(error).split())}")
    scopes = ", ".join(user.scopes) or "none"
    print(f"{table}: user {user.user_id}, {user.email}, scopes: {scopes}. Tokens carry them from the next login on.")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, or exit with status 2 and the error."""
    parser = argparse.ArgumentParser(prog="grants", description=__doc__)
    parser.add_argument("command", choices=("grant", "revoke"))
    parser.add_argument("--scope", type=_scope, required=True, metavar="SERVICE:SCOPE")
    parser.add_argument("--email", type=_email, required=True)
    parser.add_argument("--env", type=_environment, default="", help="environment in the caller's AWS account")
    parser.add_argument(
        "--name", type=_name, default="", help="name of the product there (default: the one in product.json)"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the embedded AWS")
    given = parser.parse_args(arguments)
    if given.name and not given.env:
        parser.error(f"NAME={given.name} needs ENV=: add ENV=, or leave NAME= out for the embedded AWS")
    if given.command == "grant" and given.scope not in (known := _known_scopes()):
        parser.error(f"SCOPE={given.scope} is not defined by a service. Use one of: {', '.join(known)}")
    return given


def place(environment: str, name: str, work: Path) -> tuple["DynamoDBClient", str]:
    """Return a client and the users table's name: in the caller's AWS account, or on the embedded AWS.

    Raises:
        SessionError: No environment is named, and no embedded AWS runs in folder `work`.
    """
    if environment:
        mine: DynamoDBClient = boto3.Session().client("dynamodb")
        return mine, f"{name or product().name}-{environment}-{SERVICE}"
    session = Session.read(work)
    aws = session.control_plane
    embedded: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        region_name=aws["AWS_REGION"],
    )
    applied = session.variables
    return embedded, f"{applied.get('name', product().name)}-{applied.get('environment', 'dev')}-{SERVICE}"


def _known_scopes() -> list[str]:
    return sorted(scope for service in services() for scope in service.scopes)


def _without(scope: str, held: frozenset[str]) -> frozenset[str]:
    if scope not in held:
        raise GrantError(f"the user does not have the scope {scope}; the user has: {', '.join(sorted(held)) or 'none'}")
    return held - {scope}


def _scope(text: str) -> str:
    # A removed service defines no scopes any more, but users may still have them: revoke accepts any scope.
    if not SCOPE.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"SCOPE={text} is not valid: give SERVICE:SCOPE, such as {next(iter(_known_scopes()), 'users:admin')}"
        )
    return text


def _email(text: str) -> str:
    if "@" not in text:
        raise argparse.ArgumentTypeError(f"EMAIL={text} is not an e-mail address: give the address of a user")
    return text


def _environment(text: str) -> str:
    if text and not ENVIRONMENT.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"ENV={text} is not valid: give 2 to 8 lower-case letters or digits, a letter first"
        )
    return text


def _name(text: str) -> str:
    if text and not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"NAME={text} is not valid: give 2 to 12 lower-case letters or digits, a letter first"
        )
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
