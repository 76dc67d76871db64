"""The users and books of a fresh embedded AWS, put straight into its tables."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

FOLDER = Path(__file__).with_name("demo_data")


def load_demo_data(client: "DynamoDBClient", tables: Mapping[str, str]) -> None:
    """Put each service's users or books into its table; what is there already, perhaps changed, stays as it is.

    Each element of a file is one of them: all of its items, which are put together or not at all.

    Args:
        client: A client of the control plane that holds the tables.
        tables: The name of each service's table; a service without demo data gets none.
    """
    serialize = TypeSerializer().serialize
    for file in sorted(FOLDER.glob("*.json")):
        if file.stem not in tables:
            continue
        for items in json.loads(file.read_text()):
            puts: list[TransactWriteItemTypeDef] = [
                {
                    "Put": {
                        "TableName": tables[file.stem],
                        "Item": {name: serialize(value) for name, value in item.items()},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                }
                for item in items
            ]
            with suppress(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=puts)
