"""Where the commands change users: in the embedded AWS that `make up` runs, or in the AWS account of the caller."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

from local_aws.session import Session
from monorepo.product import product

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SERVICE: Final = "users"
WORK: Final = Path(__file__).parents[3] / ".local" / "up"
# The same rules as for `name` and `environment` in terraform/variables.tf.
NAME: Final = re.compile(r"[a-z][a-z0-9]{1,11}")
ENVIRONMENT: Final = re.compile(r"[a-z][a-z0-9]{1,7}")


def parsed_with_place(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command, with those of `place`; exit with status 2 if one is wrong."""
    parser.add_argument("--env", type=_environment, default="", help="environment in the caller's AWS account")
    parser.add_argument(
        "--name", type=_name, default="", help="name of the product there (default: the one in product.json)"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the embedded AWS")
    given = parser.parse_args(arguments)
    if given.name and not given.env:
        parser.error(f"NAME={given.name} needs ENV=: add ENV=, or leave NAME= out for the embedded AWS")
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
