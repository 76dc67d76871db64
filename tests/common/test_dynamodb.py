from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from common.aws_calls import ATTEMPTS
from common.dynamodb import client as dynamodb
from common.dynamodb.client import CONFIG, CONFLICT_ATTEMPTS, DatabaseUnavailable, TransactionCollided
from common.dynamodb.items import Plain
from common.dynamodb.table import Table
from common.dynamodb.writes import IS_NEW, ConditionsFailed, ItemKey, Put
from common.telemetry import logs
from tests.common.lines import CALL, Lines
from tests.support.tables import table_with

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
def stubbed(pauses: Pauses, function_environment: dict[str, str]) -> Iterator[tuple[Table, Stubber]]:
    assert function_environment
    client = boto3.client("dynamodb", config=CONFIG)
    with Stubber(client) as stub:
        yield Table(client, "table", pauses), stub


def cancelled(*reasons: str) -> dict[str, Any]:
    return {
        "service_error_code": "TransactionCanceledException",
        "http_status_code": 400,
        "modeled_fields": {"CancellationReasons": [{"Code": reason} for reason in reasons]},
    }


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


@pytest.mark.parametrize("code", sorted(dynamodb.REJECTED | dynamodb.LOST))
def test_transient_error_is_repeated_then_unavailable(
    stubbed: tuple[Table, Stubber], pauses: Pauses, code: str
) -> None:
    table, stub = stubbed
    for _ in range(ATTEMPTS):
        stub.add_client_error("get_item", code, http_status_code=400)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))
    stub.assert_no_pending_responses()
    assert len(pauses) == ATTEMPTS - 1


def test_attempts_are_debug_lines(stubbed: tuple[Table, Stubber], lines: Lines) -> None:
    logs.start("DEBUG", environment="test", version="0")
    table, stub = stubbed
    stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
    stub.add_response("get_item", {})
    table.get(ItemKey("A", "A"))
    [line] = lines()
    assert (line["level"], line["aws_error"], line["aws_attempts"]) == ("DEBUG", "ThrottlingException", 1)


def test_error_overcome_by_a_repetition_is_not_logged(stubbed: tuple[Table, Stubber], lines: Lines) -> None:
    table, stub = stubbed
    stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
    stub.add_response("get_item", {})
    assert table.get(ItemKey("A", "A")) is None
    assert lines() == []


def test_call_that_failed_is_one_line_with_service_operation_error_and_attempts(
    stubbed: tuple[Table, Stubber], lines: Lines
) -> None:
    table, stub = stubbed
    for _ in range(ATTEMPTS):
        stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))
    [line] = lines()
    assert (line["level"], line["message"]) == ("ERROR", "A call of AWS failed")
    assert {name: line[name] for name in CALL} == {
        "aws_service": "DynamoDB",
        "aws_operation": "GetItem",
        "aws_error": "ThrottlingException",
        "aws_attempts": ATTEMPTS,
    }


@pytest.mark.parametrize("status", [500, 502, 503])
def test_unknown_5xx_is_unavailable(stubbed: tuple[Table, Stubber], status: int) -> None:
    table, stub = stubbed
    for _ in range(ATTEMPTS):
        stub.add_client_error("get_item", str(status), http_status_code=status)
    with pytest.raises(DatabaseUnavailable):
        table.get(ItemKey("A", "A"))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_client_error_is_not_translated(stubbed: tuple[Table, Stubber], code: str) -> None:
    table, stub = stubbed
    stub.add_client_error("get_item", code, http_status_code=400)
    with pytest.raises(ClientError, match=code):
        table.get(ItemKey("A", "A"))


def test_throttled_transaction_is_unavailable(stubbed: tuple[Table, Stubber]) -> None:
    table, stub = stubbed
    for _ in range(ATTEMPTS):
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
    for _ in range(CONFLICT_ATTEMPTS):
        stub.add_client_error("transact_write_items", **cancelled("TransactionConflict"))
    with pytest.raises(TransactionCollided):
        table.write(new(ITEM), new(ITEM))
    assert len(pauses) == CONFLICT_ATTEMPTS - 1
    assert sum(pauses) < 1


def test_every_attempt_of_a_transaction_has_the_same_token(stubbed: tuple[Table, Stubber]) -> None:
    table, stub = stubbed
    tokens: list[str] = []
    stub.client.meta.events.register(
        "provide-client-params.dynamodb", lambda params, **_: tokens.append(params["ClientRequestToken"])
    )
    errors = [cancelled("TransactionConflict"), {"service_error_code": "TransactionInProgressException"}]
    for error in errors:
        stub.add_client_error("transact_write_items", **error)
    stub.add_response("transact_write_items", {})
    table.write(new(ITEM), new(ITEM))
    stub.add_response("transact_write_items", {})
    table.write(new(ITEM), new(ITEM))
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]
