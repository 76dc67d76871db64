import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.page.alarms_view import RUNBOOK, AlarmsView, alarms_view, runbook_entry
from tests.local_aws.cloudwatch.alarms import parameters
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def an_alarm(name: str, state: str, **changes: Any) -> Any:
    return {
        "AlarmName": name,
        "AlarmDescription": "Look first at the query. Then: docs/runbook.md#service-5xx",
        "StateValue": state,
        "StateReason": "Threshold Crossed",
        "StateTransitionedTimestamp": NOW,
    } | changes


def test_alarm_has_state_reason_time_and_runbook_entry() -> None:
    [shown] = alarms_view([an_alarm("a", "ALARM")], [])["alarms"]
    assert shown == {
        "name": "a",
        "state": "ALARM",
        "reason": "Threshold Crossed",
        "since": NOW.timestamp(),
        "description": "Look first at the query. Then: docs/runbook.md#service-5xx",
        "entry": "service-5xx",
    }


def test_alarms_that_need_attention_come_first() -> None:
    alarms = [an_alarm("c", "OK"), an_alarm("b", "INSUFFICIENT_DATA"), an_alarm("d", "ALARM"), an_alarm("a", "OK")]
    assert [shown["name"] for shown in alarms_view(alarms, [])["alarms"]] == ["d", "b", "a", "c"]


def test_alarm_without_a_runbook_entry() -> None:
    without = an_alarm("a", "OK")
    del without["AlarmDescription"]
    for alarm in (without, an_alarm("a", "OK", AlarmDescription="docs/other.md#entry")):
        assert alarms_view([alarm], [])["alarms"][0]["entry"] is None


def test_runbook_entry_ends_at_the_next_heading() -> None:
    text = "# Runbook\n\n## api-5xx\n\nOne.\n\n### Part\n\n## api-5xx-two\n\nTwo.\n"
    assert runbook_entry(text, "api-5xx") == "## api-5xx\n\nOne.\n\n### Part\n\n"
    assert runbook_entry(text, "api-5xx-two") == "## api-5xx-two\n\nTwo.\n"
    assert runbook_entry(text, "api-.*") is None


def test_runbook_has_the_entries_that_terraform_names() -> None:
    terraform = Path(__file__).parents[3] / "terraform" / "modules" / "observability" / "watched.tf"
    named = set(re.findall(r'entry\s+= "([a-z0-9-]+)"', terraform.read_text(encoding="utf-8")))
    assert named
    assert [name for name in named if runbook_entry(RUNBOOK.read_text(encoding="utf-8"), name) is None] == []


@pytest.fixture
def cloudwatch(control_plane: ControlPlane) -> Iterator[Any]:
    with aws_client("cloudwatch", control_plane.environment) as client:
        yield client
        client.delete_alarms(AlarmNames=["shown"])


def test_view_has_the_state_and_the_message_of_the_control_plane(control_plane: ControlPlane, cloudwatch: Any) -> None:
    with aws_client("sns", control_plane.environment) as sns:
        topic = sns.create_topic(Name="shop-alarms")["TopicArn"]
    cloudwatch.put_metric_alarm(**parameters(AlarmName="shown", AlarmActions=[topic], TreatMissingData="ignore"))
    cloudwatch.set_alarm_state(AlarmName="shown", StateValue="ALARM", StateReason="a drill")
    view = AlarmsView(control_plane.environment)

    def messages() -> list[tuple[str, str, str | None]]:
        found = [message for message in view()["messages"] if message["message"]["AlarmName"] == "shown"]
        return [(message["subject"], message["topic"], message["error"]) for message in found]

    [alarm] = [alarm for alarm in view()["alarms"] if alarm["name"] == "shown"]
    assert (alarm["state"], alarm["reason"]) == ("ALARM", "a drill")
    eventually(messages, [('ALARM: "shown" in Europe (Frankfurt)', "shop-alarms", None)])
