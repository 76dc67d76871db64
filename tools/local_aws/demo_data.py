"""The users and books of a fresh embedded AWS, put straight into its tables."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FOLDER = Path(__file__).with_name("demo_data")


def load_demo_data(client: "DynamoDBClient", prefix: str) -> None:
    """Put each file's items into the table `<prefix>-<file>`; what is there already, perhaps changed, stays as it is.

    Args:
        client: A client of the control plane that holds the tables.
        prefix: What the tables' names begin with, such as `bookshelf-dev`.
    """
    serialize = TypeSerializer().serialize
    for file in sorted(FOLDER.glob("*.json")):
        for item in json.loads(file.read_text()):
            try:
                client.put_item(
                    TableName=f"{prefix}-{file.stem}",
                    Item={name: serialize(value) for name, value in item.items()},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue
