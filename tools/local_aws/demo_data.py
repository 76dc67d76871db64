"""Loads demo data directly into the tables of a new embedded AWS."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def load_demo_data(client: "DynamoDBClient", files: Mapping[str, Path]) -> None:
    """Put each file's entities into its table; entities that already exist are not changed.

    Each element of a file is one entity: all of its items, which are written in one transaction.

    Args:
        client: A client of the control plane that holds the tables.
        files: Name of a table => its demo data; a file that does not exist is skipped.
    """
    serialize = TypeSerializer().serialize
    for table, file in files.items():
        if not file.exists():
            continue
        for items in json.loads(file.read_text()):
            puts: list[TransactWriteItemTypeDef] = [
                {
                    "Put": {
                        "TableName": table,
                        "Item": {name: serialize(value) for name, value in item.items()},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                }
                for item in items
            ]
            with suppress(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=puts)
