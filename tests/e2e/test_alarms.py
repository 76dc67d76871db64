"""Alarms, dashboard and queries of the running stack, held to what the packaged functions have counted and logged."""

import operator
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.session import Session
from tests.e2e.failures import Outages, bug
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.invocations import Invocation, access_lines, invocations
from tests.support.emitted import Emitted, named_by_resources, recorded_by_aws
from tests.support.function_lines import function_lines
from tests.support.moto_servers import aws_client
from tests.support.services import SERVICES
from tests.support.watched import check, watched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}


@pytest.fixture
def aws(session: Session) -> Iterator[Any]:
    """Clients by name: `aws("logs")`."""
    with ExitStack() as clients:
        yield lambda service: clients.enter_context(aws_client(service, session.control_plane))


def crosses(alarm: dict[str, Any], invocation: Invocation) -> bool:
    """Whether the datapoints of one invocation are enough for the alarm, by its own namespace, name and dimensions."""
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
    """The alarms with these names."""
    found: list[dict[str, Any]] = aws("cloudwatch").describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in found} == set(names)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_one_bug_sets_off_its_services_alarms_and_no_other(
    deployment: Deployment, dynamodb: "DynamoDBClient", aws: Any, service: str
) -> None:
    left = deployment.invocation_of(bug(deployment, dynamodb, service))
    assert left.access()["problem"] == "internal-error"
    expected = {
        f"bookshelf-dev-{service}-5xx": ("5xx", {"service": service}),
        f"bookshelf-dev-{service}-faults-bug": ("Faults", {"service": service, "kind": "bug"}),
    }
    for alarm in named(aws, *expected):
        name, dimensions = expected[alarm["AlarmName"]]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("Bookshelf/dev", name)
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == dimensions
        assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 300, 1)
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
        assert crosses(alarm, left)
    everything = [
        alarm
        for alarm in aws("cloudwatch").describe_alarms()["MetricAlarms"]
        if alarm.get("Namespace") == "Bookshelf/dev"
    ]
    assert {alarm["AlarmName"] for alarm in everything if crosses(alarm, left)} == expected.keys()


def test_a_database_that_does_not_answer_sets_off_another(faulty: Deployment, outage: Outages, aws: Any) -> None:
    left = faulty.invocation_of(outage.users)
    alarms = named(aws, *(f"bookshelf-dev-users-{kind}" for kind in ("5xx", "faults-unavailable", "faults-bug")))
    assert {alarm["AlarmName"].removeprefix("bookshelf-dev-users-") for alarm in alarms if crosses(alarm, left)} == {
        "5xx",
        "faults-unavailable",
    }


@pytest.fixture(scope="module")
def lines(deployments: list[Deployment], whole_run: None) -> list[dict[str, Any]]:  # noqa: ARG001
    """All that the functions have written, metrics among it."""
    return [
        line
        for deployment in deployments
        for service in SERVICES
        for invocation in invocations(deployment.logs, service)
        for line in (*invocation.lines, *invocation.metrics)
    ]


def test_all_that_is_watched_has_been_recorded_or_logged_in_this_run(
    lines: list[dict[str, Any]], deployment: Deployment, aws: Any
) -> None:
    [api] = aws("apigatewayv2").get_apis()["Items"]
    ours = Emitted.read(lines, access_lines(deployment.logs))
    known = ours | recorded_by_aws() | named_by_resources(api["ApiId"], aws("lambda"), aws("dynamodb"))
    found = watched(aws("cloudwatch"), aws("logs"))
    assert check(found, known) == []
    assert found.series
    assert found.queries


def test_described_function_lines_are_those_of_this_run(lines: list[dict[str, Any]]) -> None:
    described = function_lines()
    assert {metric for line in described for metric in metrics(line)} == {
        metric for line in lines for metric in metrics(line)
    }
    for service in SERVICES:
        own, real = ([line for line in all_of_them if line["service"] == service] for all_of_them in (described, lines))
        for kind in ("request", "Unhandled exception"):
            assert keys(own, kind) == keys(real, kind)
        assert values(own) <= values(real)
        assert {pair for pair in values(real) if pair[0] != "route"} == {
            pair for pair in values(own) if pair[0] != "route"
        }
    library = {name for line in described if "logger" in line for name in line}
    assert library <= {name for line in lines if "logger" in line for name in line} | {"principal_id"}


def metrics(line: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Service, dimensions, name and unit of each metric of a line."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield line["service"], directive["Namespace"], frozenset(names), metric["Name"], metric["Unit"]


def values(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The dimensions of metrics with their values."""
    return {
        (name, line[name])
        for line in lines
        if "_aws" in line
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for name in names
    }


def keys(lines: list[dict[str, Any]], message: str) -> set[str]:
    """All keys that lines with this message have."""
    return {name for line in lines if line.get("message") == message for name in line}
