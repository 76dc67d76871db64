"""`make rekey-addresses`: replaces the guard items of e-mail addresses that an earlier version has stored.

Until then, another user can register a look-alike of such an address. The command may be repeated.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from common.dynamodb.items import decode
from common.dynamodb.table import Table
from common.dynamodb.writes import ConditionsFailed
from common.failures import Failure
from local_aws.session import SessionError
from users.address_repository import held, made_way, replaced
from users.commands.places import parsed_with_place, place
from users.item_repository import email_item, former_email_item
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def main(arguments: Sequence[str]) -> None:
    """Print a line for each address that is replaced or collides; exit with status 1 if one is not replaced."""
    parser = argparse.ArgumentParser(prog="rekey-addresses", description=__doc__)
    given = parsed_with_place(parser, arguments)
    try:
        client, table = place(given.env, given.name, given.work)
        with closing(client):
            lines = list(rekey(client, table))
    except (BotoCoreError, ClientError, Failure, SessionError) as error:
        sys.exit(f"rekey-addresses: {' '.join(str(error).split())}")
    print("\n".join(lines) or f"{table}: every address has its present key")
    if not all(line.endswith(": replaced") for line in lines):
        sys.exit(1)


def rekey(client: "DynamoDBClient", name: str) -> Iterator[str]:
    """Replace the guard items of the table, and yield a line for each user whose address has another key now."""
    table = Table(client, name)
    users = DynamoUserRepository(table)
    for item in _users(client, name):
        email, user_id = item["email"], item["id"]
        if email_item(email) == former_email_item(email):
            continue
        user = users.get(user_id)
        if held(table, user) == [email_item(user.email)]:
            continue
        try:
            made_way(table, user.email)
            replaced(table, user)
        except ConditionsFailed as error:
            if 0 in error.found:
                yield f"user {user_id}, {email!a}: was changed meanwhile; run the command again"
                continue
            other = table.get(email_item(email)) or {}
            yield f"user {user_id}, {email!a}: collides with user {other.get('user_id')}; change one of the addresses"
        else:
            yield f"user {user_id}, {email!a}: replaced"


def _users(client: "DynamoDBClient", name: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(
        TableName=name,
        FilterExpression="sk = :user AND attribute_exists(email)",
        ExpressionAttributeValues={":user": {"S": "USER"}},
    )
    for page in pages:
        yield from (decode(item) for item in page["Items"])


if __name__ == "__main__":
    main(sys.argv[1:])
