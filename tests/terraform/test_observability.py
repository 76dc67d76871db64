"""Alarms, dashboard and queries as they were applied: each is about something that is really recorded or logged."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monorepo.services import services
from tests.support.applied_stack import Applied
from tests.support.emitted import Emitted, named_by_resources, recorded_by_aws
from tests.support.watched import Query, Series, Watched, check, watched

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
KINDS = {
    "api": {"5xx", "latency"},
    "users": {"throttles", "duration", "concurrency", "5xx", "faults-bug", "faults-unavailable"},
    "books": {"throttles", "duration", "concurrency", "5xx", "faults-bug", "faults-unavailable"},
    "users-table": {"throttles", "system-errors"},
    "books-table": {"throttles", "system-errors"},
}


@pytest.fixture
def alarms(aws: Any) -> dict[str, Any]:
    found = aws("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("bookshelf-dev-"): alarm for alarm in found}


@pytest.fixture
def emitted(applied: Applied, aws: Any) -> Emitted:
    """What is recorded and logged: by AWS, by the gateway as applied, and by the functions as described."""
    api = applied.stack.outputs()["api_id"]
    access = aws("apigatewayv2").get_stage(ApiId=api, StageName="$default")["AccessLogSettings"]["Format"]
    functions = json.loads((HERE / "function_lines.json").read_text())
    ours = Emitted.read(functions, [json.loads(access)])
    return ours | recorded_by_aws() | named_by_resources(api, aws("lambda"), aws("dynamodb"))


def test_these_are_the_alarms_and_all_of_them_tell_the_topic(aws: Any, alarms: dict[str, Any]) -> None:
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


def test_one_bug_is_enough_for_two_alarms(alarms: dict[str, Any]) -> None:
    for name, metric, dimensions in [
        ("users-5xx", "5xx", {"service": "users"}),
        ("users-faults-bug", "Faults", {"service": "users", "kind": "bug"}),
    ]:
        alarm = alarms[name]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Bookshelf/dev", metric, "Sum")
        assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == dimensions
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1.0)
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (1, 1)


def test_a_percentile_is_looked_at_however_few_requests_there_are(alarms: dict[str, Any]) -> None:
    for name in ("api-latency", "users-duration", "books-duration"):
        assert alarms[name]["ExtendedStatistic"] == "p99"
        assert alarms[name]["EvaluateLowSampleCountPercentile"] == "evaluate"


def test_a_table_is_watched_in_every_operation_that_its_grants_allow(aws: Any, alarms: dict[str, Any]) -> None:
    for service in ("users", "books"):
        policy = aws("iam").get_role_policy(RoleName=f"bookshelf-dev-{service}", PolicyName="service")
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
            assert operations == granted - {"ConditionCheckItem"} | {"TransactWriteItems"}
            assert {one["MetricName"] for one in seen} == {metric}


def test_everything_that_is_watched_is_recorded_or_logged(aws: Any, emitted: Emitted) -> None:
    found = watched(aws("cloudwatch"), aws("logs"))
    assert check(found, emitted) == []
    assert {series.where for series in found.series} > {"bookshelf-dev-api-5xx", "dashboard, Requests by route"}
    assert {query.where for query in found.queries} == {
        f"bookshelf-dev/{query}"
        for query in ("bugs", "errors-by-problem", "gateway-errors", "one-request", "slowest-routes")
    }


def test_every_metric_of_ours_is_on_the_dashboard(aws: Any, emitted: Emitted) -> None:
    graphs = [one for one in watched(aws("cloudwatch"), aws("logs")).series if one.where.startswith("dashboard")]
    ours = {metric for metric in emitted.metrics if metric.namespace == "Bookshelf/dev"}
    # The service's total of 5xx is drawn by itself, and the domain's graphs refuse it.
    assert {metric for metric in ours if not any(graph.includes(metric) for graph in graphs)} == set()


SERIES = partial(Series, "here", "Bookshelf/dev", statistic="Sum")


@pytest.mark.parametrize(
    ("series", "complaint"),
    [
        (SERIES("Bugs", {"service": "users"}), "nobody records Bookshelf/dev Bugs by service"),
        (SERIES("Faults", {"service": "users"}), "nobody records Bookshelf/dev Faults by service"),
        (SERIES("Faults", {"service": "users", "kind": "crash"}), "kind is never crash"),
        (SERIES("5xx", {"service": "users", "path": "/"}), "nobody records Bookshelf/dev 5xx by path, service"),
        (SERIES("5xx", {"service": "users"}, unit="Percent"), "5xx is recorded in Count, not Percent"),
        (
            replace(SERIES("Latency", {"service": None, "route": None}), statistic="Sum"),
            "Sum says nothing of Latency",
        ),
        (
            SERIES(None, {"service": None}, refused=frozenset({"6xx"})),
            "refuses 6xx, which nobody records by service",
        ),
        (
            Series("here", "AWS/ApiGateway", "5XXError", {"ApiId": None}, "Sum"),
            "nobody records AWS/ApiGateway 5XXError by ApiId",
        ),
        (
            Series("here", "AWS/ApiGateway", "5xx", {"ApiId": None}, "Average"),
            "Average says nothing of 5xx",
        ),
        (
            Series("here", "AWS/DynamoDB", "ThrottledRequests", {"TableName": None}, "Sum"),
            "nobody records AWS/DynamoDB ThrottledRequests by TableName",
        ),
    ],
)
def test_what_nobody_records_is_complained_of(emitted: Emitted, series: Series, complaint: str) -> None:
    complaints = [one for one in check(Watched([series], [], []), emitted) if "is never /" not in one]
    assert complaints == [f"here: {complaint}"]


@pytest.mark.parametrize(
    ("group", "text", "complaint"),
    [
        ("/aws/lambda/f", "filter duration > 5", "no line has duration"),
        ("/aws/lambda/f", "fields requestId", "no line has requestId"),
        ("/aws/apigateway/f", "fields request_id", "no line has request_id"),
        ("/aws/lambda/f", 'filter message = "Request"', "nobody logs 'Request'"),
    ],
)
def test_what_nobody_logs_is_complained_of(emitted: Emitted, group: str, text: str, complaint: str) -> None:
    assert check(Watched([], [Query("here", [group], text)], []), emitted) == [f"here: {complaint}"]


def test_each_alarm_has_its_entry_in_the_runbook_and_each_entry_an_alarm(alarms: dict[str, Any]) -> None:
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


def test_each_entry_says_what_it_means_where_to_look_why_and_what_to_do() -> None:
    for entry in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:]:
        name, _, text = entry.partition("\n")
        if re.fullmatch(r"[a-z0-9-]+", name):
            parts = re.findall(r"^\*\*([A-Za-z ]+)\.\*\*", text, re.MULTILINE)
            assert (name, parts) == (name, ["Meaning", "First", "Likely causes", "What to do"])


def test_the_runbook_and_the_alarms_name_queries_that_are_saved(aws: Any, alarms: dict[str, Any]) -> None:
    saved = {query["name"] for query in aws("logs").describe_query_definitions()["queryDefinitions"]}
    text = RUNBOOK + "".join(alarm["AlarmDescription"] for alarm in alarms.values())
    assert set(re.findall(r"bookshelf-dev/[a-z-]+", text)) == saved


def test_runbook_says_what_alarms_cost(alarms: dict[str, Any]) -> None:
    watched: dict[str, list[int]] = {}
    for name, alarm in alarms.items():
        metrics = [one for one in (alarm.get("Metrics") or [{}]) if "Expression" not in one]
        of_service = next((one.name for one in services() if name.startswith(f"{one.name}-")), "the API")
        kind = f"{of_service}'s table" if "-table-" in name else of_service
        watched.setdefault(kind, []).append(len(metrics))
    assert (len(watched["the API"]), sum(watched["the API"])) == (2, 3)
    text = " ".join(RUNBOOK.split())
    assert "The API has 2 alarms on 3 metrics. Each service adds 8 alarms on 6 metrics, and 2 more" in text
    for service in services():
        own, table = watched[service.name], watched[f"{service.name}'s table"]
        assert (len(own) + len(table), sum(own), len(set(table))) == (8, 6, 1)
