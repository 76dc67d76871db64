"""The JSON that shows the applied alarms, their states, and the messages that they sent."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from local_aws.clients.operator_client import operator_client
from local_aws.cloudwatch.local_run import PERIOD

MESSAGES = 50  # the latest
RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
_LINK = re.compile(r"docs/runbook\.md#([a-z0-9-]+)")
_ORDER = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


class AlarmsView:
    """Returns that JSON from the control plane that `environment` (its AWS_* variables) names; safe with threads."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self) -> dict[str, Any]:
        """Return the present states, those that need attention first, and the latest messages."""
        pages = self._client.get_paginator("describe_alarms").paginate()
        history = self._client.describe_alarm_history(HistoryItemType="Action", MaxRecords=MESSAGES)
        return alarms_view([alarm for page in pages for alarm in page["MetricAlarms"]], history["AlarmHistoryItems"])

    @cached_property
    def _client(self) -> Any:
        return operator_client("cloudwatch", self._environment)


def alarms_view(alarms: Iterable[Mapping[str, Any]], actions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the JSON of DescribeAlarms' alarms, and of actions from the history, the newest first."""
    shown = sorted(map(_alarm, alarms), key=lambda alarm: (_ORDER[alarm["state"]], alarm["name"]))
    return {"period_s": PERIOD, "alarms": shown, "messages": [_message(action) for action in actions]}


def runbook_entry(text: str, name: str) -> str | None:
    """Return the runbook's text under the heading `name`, or None if it has no such heading."""
    found = re.search(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else None


def _alarm(alarm: Mapping[str, Any]) -> dict[str, Any]:
    description = alarm.get("AlarmDescription", "")
    link = _LINK.search(description)
    return {
        "name": alarm["AlarmName"],
        "state": alarm["StateValue"],
        "reason": alarm["StateReason"],
        "since": alarm["StateTransitionedTimestamp"].timestamp(),
        "description": description,
        "entry": link[1] if link else None,
    }


def _message(action: Mapping[str, Any]) -> dict[str, Any]:
    data = json.loads(action["HistoryData"])
    return {
        "time": action["Timestamp"].timestamp(),
        "subject": data["publishedSubject"],
        "topic": data["notificationResource"].rpartition(":")[2],
        "error": data["error"],
        "message": json.loads(data["publishedMessage"]),
    }
