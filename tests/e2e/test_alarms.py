"""Alarms, dashboard and queries of the deployment watch metrics and fields that the packaged functions emit."""

import json
import operator
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.session import Session
from tests.e2e.failures import Outage, bug
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.invocations import Invocation, access_lines, invocations
from tests.support.emitted import Emitted, named_by_resources, recorded_by_aws
from tests.support.eventually import eventually
from tests.support.function_lines import function_lines
from tests.support.moto_servers import aws_client
from tests.support.services import METRICS_NAMESPACE, SERVICES, deployed_name
from tests.support.watched import check, watched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}


@dataclass(frozen=True)
class Inbox:
    """A queue that gets the messages of alarms."""

    sqs: Any
    queue: str

    def clear(self) -> None:
        """Drop the messages so far."""
        self.sqs.purge_queue(QueueUrl=self.queue)

    def changed(self, state: str, expected: set[str]) -> set[str]:
        """Return which of the expected alarms changed to the state, when all did, or after a minute."""
        found: set[str] = set()
        deadline = time.monotonic() + 60
        while found != expected and time.monotonic() < deadline:
            received = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)
            for message in received.get("Messages", ()):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                change = json.loads(json.loads(message["Body"])["Message"])
                if change["NewStateValue"] == state:
                    found |= {change["AlarmName"]} & expected  # The API's alarm may go off, too.
        return found


@pytest.fixture
def aws(session: Session) -> Iterator[Any]:
    """Return clients by name: `aws("logs")`."""
    with ExitStack() as clients:
        yield lambda service: clients.enter_context(aws_client(service, session.control_plane))


def crosses(alarm: dict[str, Any], invocation: Invocation) -> bool:
    """Return whether one invocation crosses the threshold, by the alarm's namespace, metric and dimensions."""
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    values = [
        value
        for line, blob in zip(invocation.metrics, invocation.blobs, strict=True)
        if line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == alarm["Namespace"] and blob.dimensions == dimensions
        for value in blob.metrics.get(alarm["MetricName"], ("", []))[1]
    ]
    assert alarm["Statistic"] == "Sum"
    assert alarm["DatapointsToAlarm"] == 1  # so that one period with these values is enough
    return bool(COMPARISONS[alarm["ComparisonOperator"]](sum(values), alarm["Threshold"]))


def named(aws: Any, *names: str) -> list[dict[str, Any]]:
    """Return the alarms with these names."""
    found: list[dict[str, Any]] = aws("cloudwatch").describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in found} == set(names)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_one_bug_triggers_only_the_alarms_of_its_service(
    deployment: Deployment, dynamodb: "DynamoDBClient", aws: Any, service: str
) -> None:
    invocation = deployment.invocation_of(bug(deployment, dynamodb, service))
    assert invocation.access()["problem"] == "internal-error"
    expected = {
        deployed_name(f"{service}-5xx"): ("5xx", {"service": service}),
        deployed_name(f"{service}-faults-bug"): ("Faults", {"service": service, "kind": "bug"}),
    }
    for alarm in named(aws, *expected):
        name, dimensions = expected[alarm["AlarmName"]]
        assert (alarm["Namespace"], alarm["MetricName"]) == (METRICS_NAMESPACE, name)
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == dimensions
        assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 300, 1)
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
        assert crosses(alarm, invocation)
    everything = [
        alarm
        for alarm in aws("cloudwatch").describe_alarms()["MetricAlarms"]
        if alarm.get("Namespace") == METRICS_NAMESPACE
    ]
    assert {alarm["AlarmName"] for alarm in everything if crosses(alarm, invocation)} == expected.keys()


@pytest.fixture
def inbox(aws: Any) -> Iterator[Inbox]:
    """Return a queue that gets the messages of all alarms."""
    [alarm] = named(aws, deployed_name("api-5xx"))
    [topic] = alarm["AlarmActions"]
    queue = aws("sqs").create_queue(QueueName="on-call")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield Inbox(aws("sqs"), queue)
    aws("sns").unsubscribe(SubscriptionArn=subscription)
    aws("sqs").delete_queue(QueueUrl=queue)


def test_bugs_set_off_the_alarms_of_their_services_which_notify_and_recover(
    deployment: Deployment, dynamodb: "DynamoDBClient", aws: Any, inbox: Inbox
) -> None:
    names = {deployed_name(f"{service}-{kind}") for service in SERVICES for kind in ("5xx", "faults-bug")}

    def states() -> set[str]:
        return {alarm["StateValue"] for alarm in named(aws, *names)}

    eventually(states, {"OK"})  # Earlier tests may have set them off.
    inbox.clear()
    for service in SERVICES:
        bug(deployment, dynamodb, service)
    assert inbox.changed("ALARM", names) == names
    assert states() == {"ALARM"}
    assert inbox.changed("OK", names) == names
    for alarm in named(aws, *names):
        assert alarm["StateValue"] == "OK"
        assert "docs/runbook.md#" in alarm["AlarmDescription"]
        history = aws("cloudwatch").describe_alarm_history(AlarmName=alarm["AlarmName"], HistoryItemType="StateUpdate")
        summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"][:2]]
        assert summaries == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


@pytest.mark.parametrize("service", SERVICES)
def test_database_outage_triggers_the_unavailable_alarm(
    faulty: Deployment, outage: dict[str, Outage], aws: Any, service: str
) -> None:
    invocation = faulty.invocation_of(outage[service].database)
    kinds = {deployed_name(f"{service}-{kind}"): kind for kind in ("5xx", "faults-unavailable", "faults-bug")}
    crossed = {kinds[alarm["AlarmName"]] for alarm in named(aws, *kinds) if crosses(alarm, invocation)}
    assert crossed == {"5xx", "faults-unavailable"}


@pytest.fixture(scope="module")
def lines(deployments: list[Deployment], whole_run: None) -> list[dict[str, Any]]:  # noqa: ARG001
    """Return every line of the functions, metrics among them."""
    return [
        line
        for deployment in deployments
        for service in SERVICES
        for invocation in invocations(deployment.logs, service)
        for line in (*invocation.lines, *invocation.metrics)
    ]


def test_watched_metrics_and_fields_were_emitted_in_this_run(
    lines: list[dict[str, Any]], deployment: Deployment, aws: Any
) -> None:
    [api] = aws("apigatewayv2").get_apis()["Items"]
    ours = Emitted.read(lines, access_lines(deployment.logs))
    known = ours | recorded_by_aws() | named_by_resources(api["ApiId"], aws("lambda"), aws("dynamodb"))
    found = watched(aws("cloudwatch"), aws("logs"))
    assert check(found, known) == []
    assert found.series
    assert found.queries


def test_described_function_lines_match_this_run(lines: list[dict[str, Any]]) -> None:
    described = function_lines()
    assert {metric for line in described for metric in metrics(line)} == {
        metric for line in lines for metric in metrics(line)
    }
    for service in SERVICES:
        own, real = ([line for line in source if line["service"] == service] for source in (described, lines))
        assert keys(own, "request") == keys(real, "request")
        # The bugs of this run occur without a token. tests/common proves that other callers are logged.
        assert keys(own, "Unhandled exception") - {"principal_id"} == keys(real, "Unhandled exception")
        assert values(own) <= values(real)
        assert {pair for pair in values(real) if pair[0] != "route"} == {
            pair for pair in values(own) if pair[0] != "route"
        }
    library = {name for line in described if "logger" in line for name in line}
    assert library <= {name for line in lines if "logger" in line for name in line} | {"principal_id"}


def metrics(line: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Return service, namespace, dimensions, name and unit of each metric in a line."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield line["service"], directive["Namespace"], frozenset(names), metric["Name"], metric["Unit"]


def values(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return the dimensions of metrics with their values."""
    return {
        (name, line[name])
        for line in lines
        if "_aws" in line
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for name in names
    }


def keys(lines: list[dict[str, Any]], message: str) -> set[str]:
    """Return all keys of the lines with this message."""
    return {name for line in lines if line.get("message") == message for name in line}
