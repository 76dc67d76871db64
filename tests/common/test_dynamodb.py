import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from common.dynamodb import client as dynamodb
from common.dynamodb.client import CONFIG, DatabaseUnavailable, TransactionCollided
from common.dynamodb.items import Plain
from common.dynamodb.table import IS_NEW, WRITE_ATTEMPTS, ConditionsFailed, ItemKey, Put, Table
from common.telemetry import logs
from tests.support.tables import table_with

FUNCTION_TIMEOUT_SECONDS = 15
ITEM: dict[str, Plain] = {"pk": "A#1", "sk": "A"}


def new(item: dict[str, Plain]) -> Put:
    return Put(item=item, condition=IS_NEW)


class Pauses(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def stubbed(pauses: Pauses) -> Iterator[tuple[Table, Stubber]]:
    client = boto3.client("dynamodb", config=CONFIG)
    with Stubber(client) as stub:
        yield Table(client, "table", pauses), stub


def cancelled(*reasons: str) -> dict[str, Any]:
    return {
        "service_error_code": "TransactionCanceledException",
        "http_status_code": 400,
        "modeled_fields": {"CancellationReasons": [{"Code": reason} for reason in reasons]},
    }


def test_dynamodb_retries_end_before_the_function_timeout() -> None:
    waits = (dynamodb.CONNECT_SECONDS + dynamodb.READ_SECONDS) * dynamodb.ATTEMPTS
    # Longer if throttled: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    longest_pauses = sum(0.05 * 2**retry for retry in range(dynamodb.ATTEMPTS - 1))
    assert waits + longest_pauses < FUNCTION_TIMEOUT_SECONDS


SCHEMA = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
}


def test_written_item_is_read_and_missing_item_is_none() -> None:
    with table_with("moto", SCHEMA) as table:
        table.write(new(ITEM | {"n": 1}))
        assert table.get(ItemKey("A#1", "A")) == ITEM | {"n": 1}
        assert table.get(ItemKey("A#1", "B")) is None


def test_existing_key_fails_the_whole_transaction() -> None:
    with table_with("moto", SCHEMA) as table:
        table.write(new(ITEM))
        with pytest.raises(ConditionsFailed) as raised:
            table.write(new({"pk": "B", "sk": "B"}), new(ITEM))
        assert raised.value.found == {1: ITEM}
        assert table.get(ItemKey("B", "B")) is None


@pytest.mark.parametrize("code", sorted(dynamodb.TRANSIENT))
def test_transient_error_is_unavailable(stubbed: tuple[Table, Stubber], code: str) -> None:
    table, stub = stubbed
    stub.add_client_error("get_item", code, http_status_code=400)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))


def test_debug_line_has_operation_and_error(
    stubbed: tuple[Table, Stubber], function_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert function_environment
    logs.start("DEBUG", environment="test", version="0")
    table, stub = stubbed
    stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["operation"], line["error"]) == ("DEBUG", "GetItem", "ThrottlingException")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_unknown_5xx_is_unavailable(stubbed: tuple[Table, Stubber], status: int) -> None:
    table, stub = stubbed
    stub.add_client_error("get_item", str(status), http_status_code=status)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_client_error_is_not_translated(stubbed: tuple[Table, Stubber], code: str) -> None:
    table, stub = stubbed
    stub.add_client_error("get_item", code, http_status_code=400)
    with pytest.raises(ClientError, match=code):
        table.get(ItemKey("A", "A"))


@pytest.mark.parametrize("error", [ConnectTimeoutError, ReadTimeoutError, EndpointConnectionError])
def test_timeout_or_connection_error_is_unavailable(error: type[Exception]) -> None:
    client = boto3.client("dynamodb", config=CONFIG.merge(Config(retries={"total_max_attempts": 1})))

    def fail(**_: object) -> None:
        raise error(endpoint_url="https://example.com")  # type: ignore[call-arg]

    client.meta.events.register("before-send.dynamodb.GetItem", fail)
    with pytest.raises(DatabaseUnavailable):
        Table(client, "table").get(ItemKey("A", "A"))


def test_throttled_transaction_is_unavailable(stubbed: tuple[Table, Stubber]) -> None:
    table, stub = stubbed
    stub.add_client_error("transact_write_items", **cancelled("None", "ThrottlingError"))
    with pytest.raises(DatabaseUnavailable):
        table.write(new(ITEM), new(ITEM))


def test_transaction_conflict_is_retried(stubbed: tuple[Table, Stubber], pauses: Pauses) -> None:
    table, stub = stubbed
    stub.add_client_error("transact_write_items", **cancelled("None", "TransactionConflict"))
    stub.add_client_error("transact_write_items", **cancelled("None", "ConditionalCheckFailed"))
    with pytest.raises(ConditionsFailed):
        table.write(new(ITEM), new(ITEM))
    assert len(pauses) == 1


def test_repeated_transaction_conflicts_end_as_collision(stubbed: tuple[Table, Stubber], pauses: Pauses) -> None:
    table, stub = stubbed
    for _ in range(WRITE_ATTEMPTS):
        stub.add_client_error("transact_write_items", **cancelled("TransactionConflict"))
    with pytest.raises(TransactionCollided):
        table.write(new(ITEM), new(ITEM))
    assert len(pauses) == WRITE_ATTEMPTS - 1
    assert sum(pauses) < 1
