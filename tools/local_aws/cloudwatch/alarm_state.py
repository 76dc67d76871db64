"""The state of an alarm, from the datapoints of its evaluation range.

Rules and examples: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html. The
texts of reasons are those in published states.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch.alarm import Alarm, State
from local_aws.cloudwatch.datapoints import Points

FURTHER = 2  # periods, which the documented example adds to the evaluation periods


@dataclass(frozen=True, slots=True)
class Judgement:
    """A state with its reason, as text and as JSON."""

    state: State
    reason: str
    data: str


def evaluation_range(alarm: Alarm, period: int, now: float) -> range:
    """Return the starts of the periods whose datapoints are used, the last complete one last."""
    end = int(now // period) * period
    return range(end - (alarm.evaluation_periods + FURTHER) * period, end, period)


def judge(alarm: Alarm, points: Points, periods: Sequence[int], state: State, now: float) -> Judgement | None:
    """Return the new state, or None if it stays as it is.

    Args:
        alarm: The alarm.
        points: The watched value for each period that has one.
        periods: The evaluation range.
        state: The present state.
        now: Time of the evaluation, in seconds since the epoch.
    """
    real = [period for period in periods if period in points]
    evaluated = real[-alarm.evaluation_periods :]
    new = _state(alarm, points, periods, evaluated, state)
    if new == state:
        return None
    return Judgement(new, _reason(alarm, points, evaluated, state, new), _data(alarm, points, evaluated, now))


def _state(alarm: Alarm, points: Points, periods: Sequence[int], evaluated: Sequence[int], state: State) -> State:
    breaching = [period for period in evaluated if alarm.breaches(points[period])]
    needed = alarm.datapoints_to_alarm
    filled = alarm.evaluation_periods - len(evaluated)
    if len(breaching) + (filled if alarm.missing == "breaching" else 0) >= needed:
        return "ALARM"
    if not filled or alarm.missing in ("breaching", "notBreaching") or len(breaching) < len(evaluated):
        return "OK"
    if alarm.missing == "ignore":
        return state
    if not evaluated:
        return "INSUFFICIENT_DATA"
    # Only a few datapoints, and all of them breach. It is an alarm once the oldest is old enough, because further
    # datapoints could no longer prevent it.
    return "ALARM" if len(periods) - periods.index(evaluated[0]) >= needed else state


def _reason(alarm: Alarm, points: Points, evaluated: Sequence[int], old: State, new: State) -> str:
    filled = alarm.evaluation_periods - len(evaluated)
    unknown = _count(filled, "missing datapoint")
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(alarm.missing)
    if new == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_count(filled, 'datapoint')} {_was(filled)} unknown."
    if not evaluated:
        received = f"no datapoints were received for {_count(filled, 'period')}"
        return f"Threshold Crossed: {received} and {unknown} {_was(filled)} treated as [{treated}]."
    needed = alarm.datapoints_to_alarm
    if new == "OK":
        needed = alarm.evaluation_periods - needed + 1
    # Of a new alarm state, the datapoints that breach; of a new OK state, those that do not.
    shown = [period for period in evaluated if alarm.breaches(points[period]) is (new == "ALARM")]
    parts = []
    if shown:
        values = ", ".join(f"{points[period]} ({_time(period):%d/%m/%y %H:%M:%S})" for period in reversed(shown))
        verb = _was(len(shown)) + ("" if new == "ALARM" else " not")
        parts.append(
            f"{len(shown)} out of the last {len(evaluated)} datapoints [{values}] {verb} {alarm.comparison_in_words} "
            f"the threshold ({alarm.threshold})"
        )
    if filled and treated:
        parts.append(f"{unknown} {_was(filled)} treated as [{treated}]")
    transition = f"(minimum {_count(needed, 'datapoint')} for {old} -> {new} transition)"
    return f"Threshold Crossed: {' and '.join(parts)} {transition}."


def _data(alarm: Alarm, points: Points, evaluated: Sequence[int], now: float) -> str:
    data: dict[str, Any] = {"version": "1.0", "queryDate": aws_time(now)}
    if evaluated:
        data["startDate"] = aws_time(evaluated[0])
    if alarm.expression is None:
        [(_, statistic)] = alarm.metrics.values()
        data["statistic"] = statistic
    data |= {
        "period": alarm.period,
        "recentDatapoints": [points[period] for period in evaluated],
        "threshold": alarm.threshold,
        "evaluatedDatapoints": [_evaluated(points, period) for period in reversed(evaluated)],
    }
    return json.dumps(data)


def _evaluated(points: Points, period: int) -> Mapping[str, Any]:
    return {"timestamp": aws_time(period), "value": points[period]}


def aws_time(seconds: float) -> str:
    """Return a time as CloudWatch writes it in JSON: `2026-11-21T10:00:00.000+0000`."""
    time = _time(seconds)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
