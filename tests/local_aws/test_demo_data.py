import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

from local_aws.demo_data import load_demo_data

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENTITY = [{"pk": "FILM#1", "sk": "FILM", "title": "Solaris"}, {"pk": "TITLE#solaris", "sk": "TITLE"}]


def test_entity_is_loaded_once_and_completely(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.write_text(json.dumps([ENTITY]))
    with mock_aws():
        client: DynamoDBClient = boto3.client("dynamodb")
        client.create_table(
            TableName="films",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        load_demo_data(client, {"films": file})
        assert client.scan(TableName="films")["Count"] == 2
        client.delete_item(TableName="films", Key={"pk": {"S": "TITLE#solaris"}, "sk": {"S": "TITLE"}})
        load_demo_data(client, {"films": file})
        assert [item["pk"] for item in client.scan(TableName="films")["Items"]] == [{"S": "FILM#1"}]
        client.close()


def test_missing_file_is_skipped(tmp_path: Path) -> None:
    with mock_aws():
        client: DynamoDBClient = boto3.client("dynamodb")
        load_demo_data(client, {"films": tmp_path / "demo.json"})
        client.close()
