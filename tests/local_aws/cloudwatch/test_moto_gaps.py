"""CloudWatch's gaps: alarms that change their state, notify a topic, and have a history."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.answers import answering
from tests.local_aws.cloudwatch.alarms import parameters
from tests.local_aws.cloudwatch.local_lines import a_report, an_observed
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client, moto_in_this_process


class Aws(NamedTuple):
    """Clients of the control plane, the name of an alarm, a topic, and a queue that is subscribed to it."""

    cloudwatch: Any
    sqs: Any
    name: str
    topic: str
    queue: str

    def put(self, **changes: Any) -> None:
        """Put an alarm whose states notify the topic."""
        actions = {name: [self.topic] for name in ("AlarmActions", "OKActions", "InsufficientDataActions")}
        self.cloudwatch.put_metric_alarm(**parameters(AlarmName=self.name, **actions | changes))

    def alarm(self) -> dict[str, Any]:
        [found] = self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        alarm: dict[str, Any] = found
        return alarm

    def state(self) -> str:
        state: str = self.alarm()["StateValue"]
        return state

    def set(self, state: str, reason: str = "a drill") -> None:
        self.cloudwatch.set_alarm_state(AlarmName=self.name, StateValue=state, StateReason=reason)

    def messages(self) -> list[dict[str, Any]]:
        """Return the next message of the queue."""
        found = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=10)["Messages"]
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]

    def history(self, **arguments: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloudwatch.describe_alarm_history(**{"AlarmName": self.name} | arguments)[
            "AlarmHistoryItems"
        ]
        return found


@pytest.fixture
def aws(control_plane: ControlPlane) -> Iterator[Aws]:
    name = f"shop-{uuid.uuid4()}"
    with ExitStack() as stack:
        cloudwatch, sns, sqs = (
            stack.enter_context(aws_client(service, control_plane.environment))
            for service in ("cloudwatch", "sns", "sqs")
        )
        topic = sns.create_topic(Name=name)["TopicArn"]
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        yield Aws(cloudwatch, sqs, name, topic, queue)
        cloudwatch.delete_alarms(AlarmNames=[name])


def test_plain_moto_evaluates_no_alarm_and_has_no_history() -> None:
    with (
        moto_in_this_process() as environment,
        aws_client("cloudwatch", environment, retries={"total_max_attempts": 1}) as cloudwatch,
    ):
        cloudwatch.put_metric_alarm(**parameters())
        [alarm] = cloudwatch.describe_alarms()["MetricAlarms"]
        # When this fails, moto may evaluate alarms: see whether cloudwatch/moto_gaps.py is still needed.
        assert alarm["StateValue"] == "OK"
        with pytest.raises(ClientError, match=r"describe_alarm_history|500"):
            cloudwatch.describe_alarm_history()


def test_new_alarm_is_evaluated_without_a_call(aws: Aws) -> None:
    aws.put()
    eventually(aws.state, "OK")
    [update] = aws.history(HistoryItemType="StateUpdate")
    old = json.loads(update["HistoryData"])["oldState"]
    assert (old["stateValue"], old["stateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    [message] = aws.messages()
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "OK")


def test_state_that_is_set_notifies_like_an_evaluated_one(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore")
    aws.set("ALARM")
    [message] = aws.messages()
    assert message["NewStateReason"] == "a drill"
    assert message["AlarmName"] == aws.name
    action, update = aws.history()
    assert action["HistorySummary"] == f"Successfully executed action {aws.topic}"
    assert json.loads(json.loads(action["HistoryData"])["publishedMessage"]) == message
    states = json.loads(update["HistoryData"])
    assert (states["oldState"]["stateValue"], states["newState"]["stateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    aws.set("ALARM", "still")  # The same state is no change.
    assert aws.alarm()["StateReason"] == "still"
    assert len(aws.history()) == 2


def test_alarms_match_all_filters(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore")
    aws.set("ALARM")
    own = {"AlarmNamePrefix": aws.name, "StateValue": "ALARM", "ActionPrefix": "arn:aws:sns"}
    for changes, count in (
        ({}, 1),
        ({"StateValue": "OK"}, 0),
        ({"AlarmNamePrefix": "another"}, 0),
        ({"ActionPrefix": "arn:aws:ssm"}, 0),
        ({"AlarmNames": [aws.name]}, 1),
        ({"AlarmNames": ["another"]}, 0),
    ):
        found = aws.cloudwatch.describe_alarms(**own | changes)
        assert len(found["MetricAlarms"]) == count, changes
        assert found["CompositeAlarms"] == []


def test_history_is_filtered_and_in_pages(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore", AlarmActions=[], OKActions=[])
    for state in ("ALARM", "OK", "ALARM"):
        aws.set(state)
    first = aws.cloudwatch.describe_alarm_history(AlarmName=aws.name, MaxRecords=2)
    rest = aws.cloudwatch.describe_alarm_history(AlarmName=aws.name, MaxRecords=2, NextToken=first["NextToken"])
    items = first["AlarmHistoryItems"] + rest["AlarmHistoryItems"]
    assert [item["HistorySummary"].split()[-1] for item in items] == ["ALARM", "OK", "ALARM"]
    assert "NextToken" not in rest
    assert aws.history(AlarmName="another") == []
    begin = items[-1]["Timestamp"]
    assert len(aws.history(StartDate=begin)) == 3
    assert len(aws.history(EndDate=begin)) == 1


def test_disabled_actions_are_not_executed(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore", ActionsEnabled=False)
    aws.set("ALARM")
    aws.cloudwatch.enable_alarm_actions(AlarmNames=[aws.name])
    aws.set("OK")
    assert [message["NewStateValue"] for message in aws.messages()] == ["OK"]


def test_action_on_a_missing_topic_is_recorded_as_failed(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore", AlarmActions=[f"{aws.topic}-gone"])
    aws.set("ALARM")
    eventually(lambda: len(aws.history(HistoryItemType="Action")), 1)
    [action] = aws.history(HistoryItemType="Action")
    assert action["HistorySummary"] == f"Failed to execute action {aws.topic}-gone"
    assert "NotFound" in json.loads(action["HistoryData"])["error"]


def test_changed_alarm_keeps_its_state(aws: Aws) -> None:
    aws.put(TreatMissingData="ignore")
    aws.set("ALARM")
    before = aws.alarm()
    aws.put(TreatMissingData="ignore", Threshold=7.0)
    after = aws.alarm()
    assert after["Threshold"] == 7
    kept = ("StateValue", "StateReason", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_unsupported_alarm_is_rejected(aws: Aws) -> None:
    with pytest.raises(ClientError, match=f"does not evaluate the alarm {aws.name}: a metric has one unit"):
        aws.put(Unit="Count")
    assert aws.cloudwatch.describe_alarms(AlarmNames=[aws.name])["MetricAlarms"] == []


def test_state_of_an_unknown_alarm_cannot_be_set(aws: Aws) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws.cloudwatch.set_alarm_state(AlarmName="unknown", StateValue="OK", StateReason="a drill")


def put_counts(aws: Aws, *values: float) -> None:
    dimensions = [{"Name": "service", "Value": aws.name}]
    data = {"MetricName": "Lent", "Dimensions": dimensions, "Values": list(values), "Unit": "Count"}
    aws.cloudwatch.put_metric_data(Namespace="Shop/dev", MetricData=[data])


def test_put_metrics_can_be_read_back(aws: Aws) -> None:
    put_counts(aws, 1.0, 2.0, 4.0)
    metric = {"Namespace": "Shop/dev", "MetricName": "Lent", "Dimensions": [{"Name": "service", "Value": aws.name}]}
    [listed] = aws.cloudwatch.list_metrics(Namespace="Shop/dev", Dimensions=metric["Dimensions"])["Metrics"]
    assert listed == metric
    now = datetime.now(UTC)
    minute = {"StartTime": now - timedelta(minutes=2), "EndTime": now + timedelta(minutes=1)}
    sent = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    hidden = {"Id": "sent", "MetricStat": sent, "ReturnData": False}
    twice = {"Id": "twice", "Expression": "2 * sent"}
    [result] = aws.cloudwatch.get_metric_data(MetricDataQueries=[hidden, twice], **minute)["MetricDataResults"]
    assert (result["Id"], result["Values"], result["StatusCode"]) == ("twice", [14.0], "Complete")
    assert result["Timestamps"][0].second == 0
    found = aws.cloudwatch.get_metric_statistics(
        **metric, **minute, Period=60, Statistics=["Sum", "SampleCount"], ExtendedStatistics=["p50"]
    )
    [point] = found["Datapoints"]
    assert point.pop("Timestamp") == result["Timestamps"][0]
    assert point == {"Sum": 7.0, "SampleCount": 3.0, "ExtendedStatistics": {"p50": 2.0}, "Unit": "Count"}


def test_newest_values_come_first_unless_asked_otherwise(aws: Aws) -> None:
    now = datetime.now(UTC)
    dimensions = [{"Name": "service", "Value": aws.name}]
    data = [
        {"MetricName": "Lent", "Dimensions": dimensions, "Value": value, "Timestamp": now - timedelta(minutes=value)}
        for value in (1, 2)
    ]
    aws.cloudwatch.put_metric_data(Namespace="Shop/dev", MetricData=data)
    stat = {"Metric": {"Namespace": "Shop/dev", "MetricName": "Lent", "Dimensions": dimensions}, "Period": 60}
    query = {"Id": "lent", "MetricStat": stat | {"Stat": "Sum"}}
    times = {"StartTime": now - timedelta(minutes=5), "EndTime": now}
    for scan, values in ((None, [1, 2]), ("TimestampAscending", [2, 1])):
        order = {"ScanBy": scan} if scan else {}
        [result] = aws.cloudwatch.get_metric_data(MetricDataQueries=[query], **times, **order)["MetricDataResults"]
        assert result["Values"] == values


def test_sets_of_statistics_are_rejected(aws: Aws) -> None:
    values = {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}
    with pytest.raises(ClientError, match="not StatisticValues"):
        aws.cloudwatch.put_metric_data(
            Namespace="Shop/dev", MetricData=[{"MetricName": "Lent", "StatisticValues": values}]
        )


def test_invalid_read_is_rejected(aws: Aws) -> None:
    now = datetime.now(UTC)
    with pytest.raises(ClientError, match="a period of 1 s is not supported"):
        aws.cloudwatch.get_metric_statistics(
            Namespace="Shop/dev", MetricName="Lent", StartTime=now, EndTime=now, Period=1, Statistics=["Sum"]
        )
    with pytest.raises(ClientError, match="is not evaluated here"):
        aws.cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "a", "Expression": "RATE(m)"}], StartTime=now - timedelta(1), EndTime=now
        )


def test_metrics_of_the_data_plane_are_read_at_each_call(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "orders.jsonl"
    now = datetime.now(UTC)
    with (
        answering({"/observed": asdict(an_observed(tmp_path))}) as address,
        ControlPlane() as control_plane,
        aws_client("cloudwatch", control_plane.environment) as cloudwatch,
    ):

        def invocations() -> list[float]:
            found = cloudwatch.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="Invocations",
                Dimensions=[{"Name": "FunctionName", "Value": "orders"}],
                StartTime=now - timedelta(minutes=1),
                EndTime=now + timedelta(minutes=1),
                Period=3600,
                Statistics=["Sum"],
            )
            return [point["Sum"] for point in found["Datapoints"]]

        log.write_text(a_report("1", now.timestamp()) + "\n")
        assert invocations() == []
        control_plane.invoke_on(address)
        assert invocations() == [1.0]
        with log.open("a") as file:
            file.write(a_report("2", now.timestamp()) + "\n")
        assert invocations() == [2.0]


def test_control_plane_goes_on_when_its_data_plane_has_ended(tmp_path: Path) -> None:
    with ControlPlane() as control_plane, aws_client("cloudwatch", control_plane.environment) as cloudwatch:
        with answering({"/observed": asdict(an_observed(tmp_path))}) as address:
            control_plane.invoke_on(address)
        assert cloudwatch.list_metrics()["Metrics"] == []
