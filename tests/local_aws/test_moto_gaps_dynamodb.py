"""DynamoDB's gap: without our lock, two calls at once pass one condition."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from moto.dynamodb import urls
from moto.dynamodb.models import table as moto_table

from local_aws.moto_gaps import dynamodb as gap
from tests.support.moto_servers import aws_client, moto_in_this_process
from tests.support.racing import race

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "tools")}


@pytest.fixture
def _meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two calls meet between reading an item and judging the condition; who comes alone goes on after a second."""
    meeting = threading.Barrier(2)
    judge = moto_table.get_filter_expression

    def meet_and_judge(*arguments: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return judge(*arguments)

    monkeypatch.setattr(moto_table, "get_filter_expression", meet_and_judge)


@pytest.mark.usefixtures("_meeting")
def test_plain_moto_lets_two_calls_pass_one_condition() -> None:
    assert _winners_of_two() == 2  # When this fails, moto holds a lock: delete moto_gaps/dynamodb.py.


@pytest.mark.usefixtures("_meeting")
def test_with_the_gap_filled_one_call_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "url_paths", dict(urls.url_paths))
    gap.apply()
    assert _winners_of_two() == 1


def test_the_control_plane_fills_the_gap() -> None:
    script = (
        "from local_aws import moto_gaps; from moto.dynamodb import urls; moto_gaps.apply(); "
        "print(*{handler.__self__.__name__ for handler in urls.url_paths.values()})"
    )
    answer = subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert answer.stdout == "AtomicHandler\n"


def _winners_of_two() -> int:
    with moto_in_this_process() as environment, aws_client("dynamodb", environment) as dynamodb:
        key = {"AttributeName": "pk", "KeyType": "HASH"}
        attribute = {"AttributeName": "pk", "AttributeType": "S"}
        dynamodb.create_table(
            TableName="racing", BillingMode="PAY_PER_REQUEST", KeySchema=[key], AttributeDefinitions=[attribute]
        )
        claim = {"pk": {"S": "claim"}}
        put = partial(dynamodb.put_item, TableName="racing", Item=claim, ConditionExpression="attribute_not_exists(pk)")
        results = race(put, put)
        dynamodb.delete_table(TableName="racing")
    return sum(not isinstance(result, Exception) for result in results)
