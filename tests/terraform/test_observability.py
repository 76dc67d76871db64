"""The applied alarms, dashboard and queries use only metrics and fields that are recorded or logged."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monorepo.product import product
from monorepo.services import default_service, services
from tests.support.applied_stack import Applied
from tests.support.emitted import Emitted, named_by_resources, recorded_by_aws
from tests.support.function_lines import function_lines
from tests.support.watched import Query, Series, Watched, check, watched

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
PREFIX = f"{product().name}-dev"
REGION = "eu-central-1"
NAMESPACE = f"{product().title}/dev"
SERVICES = [service.name for service in services()]
DEFAULT = default_service().name
TRANSACTED = {"ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"}
KINDS = {"api": {"5xx", "latency"}}
for _service in SERVICES:
    KINDS[_service] = {"throttles", "duration", "concurrency", "5xx", "faults-bug", "faults-unavailable"}
    KINDS[f"{_service}-table"] = {"throttles", "system-errors"}


@pytest.fixture
def alarms(aws: Any) -> dict[str, Any]:
    found = aws("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{PREFIX}-"): alarm for alarm in found}


@pytest.fixture
def emitted(applied: Applied, aws: Any) -> Emitted:
    """Return the metrics and fields that AWS, the applied gateway and the described functions emit."""
    api = applied.stack.outputs()["api_id"]
    access = aws("apigatewayv2").get_stage(ApiId=api, StageName="$default")["AccessLogSettings"]["Format"]
    ours = Emitted.read(function_lines(), [json.loads(access)])
    return ours | recorded_by_aws() | named_by_resources(api, aws("lambda"), aws("dynamodb"))


def test_alarms_notify_the_topic(aws: Any, alarms: dict[str, Any]) -> None:
    assert alarms.keys() == {f"{subject}-{kind}" for subject, kinds in KINDS.items() for kind in kinds}
    [topic] = [topic["TopicArn"] for topic in aws("sns").list_topics()["Topics"]]
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
        assert alarm["ActionsEnabled"] is True
        assert alarm["TreatMissingData"] == "notBreaching"


def test_only_alarms_of_this_account_may_publish(aws: Any) -> None:
    [topic] = [topic["TopicArn"] for topic in aws("sns").list_topics()["Topics"]]
    [statement] = json.loads(aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Resource"] == topic
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_bug_crosses_two_thresholds(alarms: dict[str, Any]) -> None:
    for name, metric, dimensions in [
        (f"{DEFAULT}-5xx", "5xx", {"service": DEFAULT}),
        (f"{DEFAULT}-faults-bug", "Faults", {"service": DEFAULT, "kind": "bug"}),
    ]:
        alarm = alarms[name]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (NAMESPACE, metric, "Sum")
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == dimensions
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1.0)
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (1, 1)


def test_percentiles_are_evaluated_with_few_requests(alarms: dict[str, Any]) -> None:
    for name in ("api-latency", *(f"{service}-duration" for service in SERVICES)):
        assert alarms[name]["ExtendedStatistic"] == "p99"
        assert alarms[name]["EvaluateLowSampleCountPercentile"] == "evaluate"


def test_every_granted_operation_of_a_table_is_watched(aws: Any, alarms: dict[str, Any]) -> None:
    for service in SERVICES:
        policy = aws("iam").get_role_policy(RoleName=f"{PREFIX}-{service}-{REGION}", PolicyName="service")
        statements = policy["PolicyDocument"]["Statement"]
        granted = {
            action.removeprefix("dynamodb:")
            for statement in statements
            for action in statement["Action"]
            if action.startswith("dynamodb:")
        }
        for kind, metric in (("throttles", "ThrottledRequests"), ("system-errors", "SystemErrors")):
            seen = [
                one["MetricStat"]["Metric"]
                for one in alarms[f"{service}-table-{kind}"]["Metrics"]
                if "MetricStat" in one
            ]
            operations = {pair["Value"] for one in seen for pair in one["Dimensions"] if pair["Name"] == "Operation"}
            transaction = {"TransactWriteItems"} if granted & TRANSACTED else set()
            assert operations == granted - {"ConditionCheckItem"} | transaction
            assert {one["MetricName"] for one in seen} == {metric}


def test_watched_metrics_and_fields_exist(aws: Any, emitted: Emitted) -> None:
    found = watched(aws("cloudwatch"), aws("logs"))
    assert check(found, emitted) == []
    assert {series.where for series in found.series} > {f"{PREFIX}-api-5xx", "dashboard, Requests by route"}
    assert {query.where for query in found.queries} == {
        f"{PREFIX}/{query}"
        for query in ("bugs", "errors-by-problem", "gateway-errors", "one-request", "slowest-routes")
    }


def test_every_metric_is_on_the_dashboard(aws: Any, emitted: Emitted) -> None:
    graphs = [one for one in watched(aws("cloudwatch"), aws("logs")).series if one.where.startswith("dashboard")]
    ours = {metric for metric in emitted.metrics if metric.namespace == NAMESPACE}
    # The service's total of 5xx has its own graph, and the domain's graphs exclude it.
    assert {metric for metric in ours if not any(graph.includes(metric) for graph in graphs)} == set()


SERIES = partial(Series, "here", NAMESPACE, statistic="Sum")


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        (SERIES("Bugs", {"service": DEFAULT}), f"{NAMESPACE} Bugs by service is not recorded"),
        (SERIES("Faults", {"service": DEFAULT}), f"{NAMESPACE} Faults by service is not recorded"),
        (SERIES("Faults", {"service": DEFAULT, "kind": "crash"}), "kind is never crash"),
        (SERIES("5xx", {"service": DEFAULT, "path": "/"}), f"{NAMESPACE} 5xx by path, service is not recorded"),
        (SERIES("5xx", {"service": DEFAULT}, unit="Percent"), "5xx is recorded in Count, not Percent"),
        (
            replace(SERIES("Latency", {"service": None, "route": None}), statistic="Sum"),
            "Sum is not a useful statistic of Latency",
        ),
        (
            SERIES(None, {"service": None}, excluded=frozenset({"6xx"})),
            "excludes 6xx, which is not recorded by service",
        ),
        (
            Series("here", "AWS/ApiGateway", "5XXError", {"ApiId": None}, "Sum"),
            "AWS/ApiGateway 5XXError by ApiId is not recorded",
        ),
        (
            Series("here", "AWS/ApiGateway", "5xx", {"ApiId": None}, "Average"),
            "Average is not a useful statistic of 5xx",
        ),
        (
            Series("here", "AWS/DynamoDB", "ThrottledRequests", {"TableName": None}, "Sum"),
            "AWS/DynamoDB ThrottledRequests by TableName is not recorded",
        ),
    ],
)
def test_unrecorded_metric_is_reported(emitted: Emitted, series: Series, problem: str) -> None:
    problems = [one for one in check(Watched([series], [], []), emitted) if "is never /" not in one]
    assert problems == [f"here: {problem}"]


@pytest.mark.parametrize(
    ("group", "text", "problem"),
    [
        ("/aws/lambda/f", "filter duration > 5", "no line has duration"),
        ("/aws/lambda/f", "fields requestId", "no line has requestId"),
        ("/aws/vendedlogs/apigateway/f", "fields request_id", "no line has request_id"),
        ("/aws/lambda/f", 'filter message = "Request"', "the message 'Request' is never logged"),
    ],
)
def test_unlogged_field_is_reported(emitted: Emitted, group: str, text: str, problem: str) -> None:
    assert check(Watched([], [Query("here", [group], text)], []), emitted) == [f"here: {problem}"]


def test_alarms_and_runbook_entries_match(alarms: dict[str, Any]) -> None:
    entries = set(re.findall(r"^## ([a-z0-9-]+)$", RUNBOOK, re.MULTILINE))
    named = {
        name: re.fullmatch(
            r".+ Look first at .+ Then: docs/runbook\.md#([a-z0-9-]+)", alarm["AlarmDescription"], re.DOTALL
        )
        for name, alarm in alarms.items()
    }
    assert {name for name, match in named.items() if match is None} == set()
    assert {match[1] for match in named.values() if match} == entries
    for name, match in named.items():
        assert match
        assert name.endswith(match[1].removeprefix("service-"))


def test_runbook_entries_have_four_parts() -> None:
    for entry in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:]:
        name, _, text = entry.partition("\n")
        if re.fullmatch(r"[a-z0-9-]+", name):
            parts = re.findall(r"^\*\*([A-Za-z ]+)\.\*\*", text, re.MULTILINE)
            assert (name, parts) == (name, ["Meaning", "First", "Likely causes", "What to do"])


def test_runbook_and_alarms_name_saved_queries(aws: Any, alarms: dict[str, Any]) -> None:
    saved = {query["name"] for query in aws("logs").describe_query_definitions()["queryDefinitions"]}
    text = RUNBOOK + "".join(alarm["AlarmDescription"] for alarm in alarms.values())
    assert set(re.findall(rf"{PREFIX}/[a-z-]+", text)) == saved


def test_runbook_has_the_number_of_watched_metrics(alarms: dict[str, Any]) -> None:
    def metrics(prefix: str) -> list[int]:
        found = [alarm.get("Metrics") or [{}] for name, alarm in alarms.items() if name.startswith(prefix)]
        return [len([metric for metric in queries if "Expression" not in metric]) for queries in found]

    text = " ".join(RUNBOOK.split())
    assert f"The API has {len(metrics('api-'))} alarms on {sum(metrics('api-'))} metrics." in text
    for service in SERVICES:
        of_tables = metrics(f"{service}-table-")
        assert len(of_tables) == len(set(KINDS[f"{service}-table"]))
        alone = sum(metrics(f"{service}-")) - sum(of_tables)
        assert f"Each service adds {len(metrics(f'{service}-'))} alarms on {alone} metrics, and 2 more" in text
