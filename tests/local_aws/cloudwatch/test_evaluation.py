"""Alarms over time: each evaluation at a time that the test sets."""

import json
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty
from typing import Any

import pytest
from moto.cloudwatch.models import Alarm as StoredAlarm
from moto.cloudwatch.models import cloudwatch_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from local_aws.cloudwatch.alarm import read_alarm
from local_aws.cloudwatch.alarm_store import AlarmStore, outbox, stores
from local_aws.cloudwatch.datapoints import Metric, Sample
from local_aws.cloudwatch.evaluation import deliver, evaluate
from local_aws.cloudwatch.local_run import PERIOD, LocalRun
from tests.local_aws.cloudwatch.alarms import TOPIC, parameters

ACCOUNT, REGION = "123456789012", "eu-central-1"
START = 1_795_255_200  # 2026-11-21T10:00:00Z
BUGS = Metric.of("Shop/dev", "5xx", {"service": "orders"})


class Account:
    """One account of moto in this process, whose alarms are evaluated at times that the test sets."""

    def __init__(self) -> None:
        self.metrics = LocalRun(lambda: None)
        self._alarms = cloudwatch_backends[ACCOUNT][REGION]
        self._sns = sns_backends[ACCOUNT][REGION]
        self._sqs = sqs_backends[ACCOUNT][REGION]

    @property
    def store(self) -> AlarmStore:
        return stores[ACCOUNT][REGION]

    def subscribe(self, name: str) -> None:
        """Create the topic, and a queue that is subscribed to it."""
        self._sqs.create_queue(name)
        self._sns.create_topic("shop-alarms")
        self._sns.subscribe(TOPIC, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "sqs")

    def put(self, **changes: Any) -> StoredAlarm:
        given = parameters(**changes)
        alarm = self._alarms.put_metric_alarm(
            name=given["AlarmName"],
            namespace=given["Namespace"],
            metric_name=given["MetricName"],
            comparison_operator=given["ComparisonOperator"],
            evaluation_periods=given["EvaluationPeriods"],
            period=given["Period"],
            threshold=given["Threshold"],
            statistic=given["Statistic"],
            description=given["AlarmDescription"],
            dimensions=given["Dimensions"],
            alarm_actions=given["AlarmActions"],
        )
        self.store.put(alarm, read_alarm(given), given, None)
        return alarm

    def fail(self, time: float) -> None:
        self.metrics.add([Sample(BUGS, "Count", time, (1.0,))])

    def received(self, name: str) -> list[dict[str, Any]]:
        """Deliver what waits, and return the messages of a queue."""
        with suppress(Empty):
            while True:
                deliver(outbox.get_nowait())
        bodies = [message.body for message in self._sqs.get_queue(name).messages]
        return [json.loads(json.loads(body)["Message"]) for body in bodies]

    def close(self) -> None:
        with suppress(Empty):
            while True:
                outbox.get_nowait()
        for backend in (self._alarms, self._sns, self._sqs, self.store):
            backend.reset()


@pytest.fixture
def account() -> Iterator[Account]:
    found = Account()
    yield found
    found.close()


def states(account: Account, alarm: StoredAlarm, *periods: int) -> list[str]:
    """Return the state after each of the periods."""
    found = []
    for period in periods:
        evaluate(account.metrics, START + (period + 1) * PERIOD + 1.0)
        found.append(alarm.state_value)
    return found


def test_alarm_goes_off_after_the_period_and_recovers_after_its_range(account: Account) -> None:
    account.subscribe("on-call")
    alarm = account.put()
    assert alarm.state_value == "INSUFFICIENT_DATA"
    account.fail(START + PERIOD)
    assert states(account, alarm, 0, 1, 2, 3, 4) == ["OK", "ALARM", "ALARM", "ALARM", "OK"]
    messages = account.received("on-call")
    assert [message["NewStateValue"] for message in messages] == ["OK", "ALARM", "OK"]
    assert [message["OldStateValue"] for message in messages] == ["INSUFFICIENT_DATA", "OK", "ALARM"]
    assert messages[1]["StateChangeTime"] == "2026-11-21T10:00:11.000+0000"


def test_current_period_is_not_evaluated(account: Account) -> None:
    alarm = account.put()
    account.fail(START + PERIOD)
    evaluate(account.metrics, START + 2 * PERIOD - 0.1)
    assert alarm.state_value == "OK"


def test_three_of_five_periods(account: Account) -> None:
    alarm = account.put(EvaluationPeriods=5, DatapointsToAlarm=3)
    for period in (0, 2, 4):
        account.fail(START + period * PERIOD)
    assert states(account, alarm, 2, 4, 6, 7) == ["OK", "ALARM", "ALARM", "OK"]


def test_missing_data_that_is_missing_is_insufficient(account: Account) -> None:
    alarm = account.put(TreatMissingData=None)
    account.fail(START)
    assert states(account, alarm, 0, 3) == ["ALARM", "INSUFFICIENT_DATA"]


def test_every_subscription_gets_the_message(account: Account) -> None:
    for name in ("on-call", "archive"):
        account.subscribe(name)
    account.fail(START)
    states(account, account.put(), 0)
    for name in ("on-call", "archive"):
        [message] = account.received(name)
        assert message["NewStateValue"] == "ALARM"


def test_alarm_whose_topic_is_missing_changes_its_state(account: Account) -> None:
    account.subscribe("on-call")
    account.fail(START)
    alarm = account.put(AlarmActions=[f"{TOPIC}-gone"])
    assert states(account, alarm, 0) == ["ALARM"]
    assert account.received("on-call") == []
    assert account.store.history[-1]["HistorySummary"] == f"Failed to execute action {TOPIC}-gone"


def test_alarms_without_data_plane_have_no_metrics(account: Account) -> None:
    assert account.metrics.datapoints(START).metrics() == []
