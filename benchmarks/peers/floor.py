"""The floor: a bare handler and boto3's client; no framework, no validation, no telemetry."""

import json
import os
from typing import Any

import boto3

DYNAMODB = boto3.client("dynamodb")
TABLE = os.environ["TABLE_NAME"]


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Respond with one person."""
    person_id = event["rawPath"].rsplit("/", 1)[1]
    key = {"pk": {"S": f"PERSON#{person_id}"}, "sk": {"S": "PERSON"}}
    item = DYNAMODB.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    person = {"id": int(item["id"]["N"]), "email": item["email"]["S"], "username": item["username"]["S"]}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(person)}
