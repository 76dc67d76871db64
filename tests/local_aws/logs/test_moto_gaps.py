"""CloudWatch Logs' gaps: query definitions, and queries."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, moto_in_this_process


def test_plain_moto_has_no_query_definitions() -> None:
    with (
        moto_in_this_process() as environment,
        aws_client("logs", environment, retries={"total_max_attempts": 1}) as logs,
        # When this fails, moto has query definitions: delete logs/moto_gaps.py.
        pytest.raises(ClientError, match=r"describe_query_definitions|500"),
    ):
        logs.describe_query_definitions()


def test_query_is_created_found_changed_and_deleted(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        query = {"name": "shop/slow", "queryString": "limit 5", "logGroupNames": ["/aws/lambda/shop"]}
        made = logs.put_query_definition(**query)["queryDefinitionId"]
        other = logs.put_query_definition(name="other", queryString="limit 1")["queryDefinitionId"]
        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")["queryDefinitions"]
        assert found.pop("lastModified") > 0
        assert found == query | {"queryDefinitionId": made, "queryLanguage": "CWLI"}

        logs.put_query_definition(queryDefinitionId=made, name="shop/slow", queryString="limit 7")
        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")["queryDefinitions"]
        assert found["queryString"] == "limit 7"
        assert "logGroupNames" not in found

        for identity in (made, other):
            assert logs.delete_query_definition(queryDefinitionId=identity)["success"] is True
        assert logs.describe_query_definitions()["queryDefinitions"] == []


def test_missing_query_cannot_be_changed_or_deleted(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.put_query_definition(queryDefinitionId="gone", name="shop/slow", queryString="limit 5")
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.delete_query_definition(queryDefinitionId="gone")


def test_query_runs_over_the_groups_and_times_that_it_names(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        now = int(time.time())
        for name in ("orders", "people"):
            logs.create_log_group(logGroupName=f"/insights/{name}")
            logs.create_log_stream(logGroupName=f"/insights/{name}", logStreamName="one")
            events = [
                {"timestamp": (now - age) * 1000, "message": json.dumps({"service": name, "age": age})}
                for age in (600, 60)
            ]
            logs.put_log_events(logGroupName=f"/insights/{name}", logStreamName="one", logEvents=events)
        groups = ["/insights/orders", "/insights/people"]
        text = "filter age > 1 | stats count(*) as found, max(age) as oldest by service | sort service asc"
        times = {"startTime": now - 300, "endTime": now}
        query = logs.start_query(logGroupNames=groups, queryString=text, **times)["queryId"]
        found = logs.get_query_results(queryId=query)
        assert found["status"] == "Complete"
        assert [{one["field"]: one["value"] for one in row} for row in found["results"]] == [
            {"service": "orders", "found": "1", "oldest": "60"},
            {"service": "people", "found": "1", "oldest": "60"},
        ]
        only = logs.start_query(logGroupName=groups[0], queryString="fields @log", startTime=now - 900, endTime=now)
        results = logs.get_query_results(queryId=only["queryId"])["results"]
        assert results == [[{"field": "@log", "value": "123456789012:/insights/orders"}]] * 2
        with pytest.raises(ClientError, match="the command 'parse' is not supported"):
            logs.start_query(logGroupNames=groups, queryString="parse a", **times)
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.start_query(logGroupNames=["/insights/gone"], queryString=text, **times)


def test_filter_finds_words_and_phrases_and_rejects_other_patterns(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        group = {"logGroupName": "/filtered"}
        logs.create_log_group(**group)
        logs.create_log_stream(**group, logStreamName="one")
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": text} for text in ('{"id":"7-a b"}', '{"id":"other"}')]
        logs.put_log_events(**group, logStreamName="one", logEvents=events)
        for pattern, count in (("other", 1), ('"7-a b"', 1), ('"7-a c"', 0), ("", 2)):
            found = logs.filter_log_events(**group, filterPattern=pattern)["events"]
            assert len(found) == count, pattern
        for pattern in ('{ $.id = "other" }', "7-a", "[a, b]"):
            with pytest.raises(ClientError, match="not the pattern"):
                logs.filter_log_events(**group, filterPattern=pattern)
