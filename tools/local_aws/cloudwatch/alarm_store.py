"""The alarms of one account in one region: what moto does not store of them, their history, and their messages."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

from moto.cloudwatch.models import Alarm as StoredAlarm
from moto.core.base_backend import BackendDict, BaseBackend

from local_aws.cloudwatch.alarm import ACTIONS, Alarm, State
from local_aws.cloudwatch.alarm_message import in_text, message, subject
from local_aws.cloudwatch.alarm_state import Judgement, evaluation_range, judge
from local_aws.cloudwatch.datapoints import Datapoints

HISTORY = 2000  # items
_INITIAL = Judgement("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation", "{}")


@dataclass(frozen=True, slots=True)
class Notification:
    """A message to a topic about an alarm; `executed` gets the error, or None after its delivery."""

    topic: str
    subject: str
    message: str
    executed: Callable[[Exception | None], None]


outbox: SimpleQueue[Notification] = SimpleQueue()
"""The messages that are still to be delivered, of all regions."""


class AlarmStore(BaseBackend):
    """What is known of the alarms beside moto's own store."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.history: deque[Mapping[str, Any]] = deque(maxlen=HISTORY)
        self._alarms: dict[str, tuple[Alarm, Mapping[str, Any]]] = {}

    def put(
        self, stored: StoredAlarm, alarm: Alarm, parameters: Mapping[str, Any], previous: StoredAlarm | None
    ) -> None:
        """Store an alarm, which keeps the state of the `previous` one of its name."""
        self._alarms[stored.name] = alarm, parameters
        if previous is None:
            _set(stored, _INITIAL, datetime.now(UTC))
            return
        for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"):
            setattr(stored, name, getattr(previous, name))
        stored.state_transitioned_timestamp = previous.state_transitioned_timestamp  # type: ignore[attr-defined]

    def evaluate(self, stored: StoredAlarm, datapoints: Datapoints, now: float) -> None:
        """Change the alarm's state if the datapoints say so."""
        alarm, _ = self._alarms[stored.name]
        periods = evaluation_range(alarm, datapoints.period, now)
        new = judge(alarm, alarm.points(datapoints, periods), periods, _state(stored), now)
        if new is not None:
            self.change(stored, new, now)

    def change(self, stored: StoredAlarm, new: Judgement, now: float) -> None:
        """Set the state. If it is another one, record that and queue the messages of its actions."""
        old = Judgement(_state(stored), stored.state_reason, stored.state_reason_data)
        time = datetime.fromtimestamp(int(now * 1000) / 1000, UTC)  # The API's times have milliseconds.
        if old.state == new.state:
            stored.state_reason, stored.state_reason_data = new.reason, new.data
            stored.state_updated_timestamp = time
            return
        _set(stored, new, time)
        states = {name: _history_state(state) for name, state in (("oldState", old), ("newState", new))}
        summary = f"Alarm updated from {old.state} to {new.state}"
        self._record(stored.name, "StateUpdate", summary, {"version": "1.0", **states}, time)
        _, parameters = self._alarms[stored.name]
        if stored.actions_enabled:
            configured = stored.configuration_updated_timestamp.replace(tzinfo=UTC).timestamp()
            text = in_text(message(parameters, stored.alarm_arn, configured, old.state, new, now))
            title = subject(parameters, new.state, self.region_name)
            for topic in parameters.get(ACTIONS[new.state]) or ():
                outbox.put(Notification(topic, title, text, self._executed(stored.name, topic, title, text)))

    def _executed(self, alarm: str, topic: str, title: str, text: str) -> Callable[[Exception | None], None]:
        def record(error: Exception | None) -> None:
            summary = f"Successfully executed action {topic}" if error is None else f"Failed to execute action {topic}"
            data = {
                "actionState": "Succeeded" if error is None else "Failed",
                "notificationResource": topic,
                "publishedSubject": title,
                "publishedMessage": text,
                "error": None if error is None else f"{type(error).__name__}: {error}",
            }
            self._record(alarm, "Action", summary, data, datetime.now(UTC))

        return record

    def _record(self, alarm: str, kind: str, summary: str, data: Mapping[str, Any], time: datetime) -> None:
        self.history.append(
            {
                "AlarmName": alarm,
                "AlarmType": "MetricAlarm",
                "Timestamp": time,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
            }
        )


stores = BackendDict(AlarmStore, "cloudwatch")


def _state(stored: StoredAlarm) -> State:
    return stored.state_value  # type: ignore[return-value]


def _set(stored: StoredAlarm, new: Judgement, time: datetime) -> None:
    stored.state_value, stored.state_reason, stored.state_reason_data = new.state, new.reason, new.data
    stored.state_updated_timestamp = time
    stored.state_transitioned_timestamp = time  # type: ignore[attr-defined]


def _history_state(state: Judgement) -> Mapping[str, Any]:
    return {"stateValue": state.state, "stateReason": state.reason, "stateReasonData": json.loads(state.data)}
