"""The examples of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html."""

import json
from typing import Any

import pytest

from local_aws.cloudwatch.alarm import State
from local_aws.cloudwatch.alarm_state import Judgement, evaluation_range, judge
from tests.local_aws.cloudwatch.alarms import an_alarm

NOW = 1_795_255_201.5  # 2026-11-21T10:00:01.500Z
VALUES = {"0": 0.0, "X": 1.0}


def judged(datapoints: str, state: State = "OK", **changes: Any) -> Judgement | None:
    """Return the judgement of datapoints as AWS's page writes them, the last one last."""
    alarm = an_alarm(**changes)
    periods = evaluation_range(alarm, 5, NOW)
    marks = datapoints.split()
    assert len(marks) == len(periods)
    points = {period: VALUES[mark] for period, mark in zip(periods, marks, strict=True) if mark != "-"}
    return judge(alarm, points, periods, state, NOW)


def state_after(datapoints: str, state: State, **changes: Any) -> State:
    new = judged(datapoints, state, **changes)
    return state if new is None else new.state


KEPT = None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize(
    ("needed", "datapoints", "states"),
    [
        (3, "0 - X - X", ("OK", "OK", "OK", "OK")),
        (3, "0 - - - -", ("OK", "OK", "OK", "OK")),
        (3, "- - - - -", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        (3, "0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (3, "- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
        (3, "- - - - X", (KEPT, KEPT, "ALARM", "OK")),
        (3, "- - - X -", (KEPT, KEPT, "ALARM", "OK")),
        (3, "- - - X 0", ("OK", "OK", "OK", "OK")),
        (2, "0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 - X - -", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - - 0", ("OK", "OK", "ALARM", "OK")),
        (2, "- - - X -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_documented_examples(needed: int, datapoints: str, states: tuple[State | None, ...], before: State) -> None:
    found = tuple(
        state_after(datapoints, before, EvaluationPeriods=3, DatapointsToAlarm=needed, TreatMissingData=missing)
        for missing in TREATMENTS
    )
    assert found == tuple(before if state is KEPT else state for state in states)


def test_range_ends_with_the_last_complete_period() -> None:
    assert list(evaluation_range(an_alarm(), 5, NOW)) == [1_795_255_185, 1_795_255_190, 1_795_255_195]
    assert len(evaluation_range(an_alarm(EvaluationPeriods=3), 5, NOW)) == 5


def test_same_state_is_no_judgement() -> None:
    assert judged("- - X", "ALARM") is None
    assert judged("- - 0", "OK") is None


@pytest.mark.parametrize(
    ("datapoints", "before", "changes", "reason"),
    [
        (
            "- - X",
            "OK",
            {},
            (
                "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (21/11/26 09:59:55)] "
                "was greater than or equal to "
                "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
            ),
        ),
        (
            "- - 0",
            "ALARM",
            {},
            (
                "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (21/11/26 09:59:55)] "
                "was not greater than or equal "
                "to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition)."
            ),
        ),
        (
            "- - -",
            "ALARM",
            {},
            (
                "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
                "[NonBreaching]."
            ),
        ),
        (
            "- - - -",
            "OK",
            {"EvaluationPeriods": 2, "TreatMissingData": "breaching"},
            (
                "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
                "[Breaching]."
            ),
        ),
        (
            "- - - - X",
            "OK",
            {"EvaluationPeriods": 3, "TreatMissingData": "breaching"},
            (
                "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (21/11/26 09:59:55)] "
                "was greater than or equal to "
                "the threshold (1.0) and 2 missing datapoints were treated as [Breaching] (minimum 1 datapoint for "
                "OK -> ALARM transition)."
            ),
        ),
        (
            "- - - X X - -",
            "ALARM",
            {"EvaluationPeriods": 5, "DatapointsToAlarm": 3},
            (
                "Threshold Crossed: 3 missing datapoints were treated as [NonBreaching] "
                "(minimum 3 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            "- - - -",
            "OK",
            {"EvaluationPeriods": 2, "TreatMissingData": "missing"},
            "Insufficient Data: 2 datapoints were unknown.",
        ),
    ],
)
def test_reason_is_in_the_words_of_aws(datapoints: str, before: State, changes: dict[str, Any], reason: str) -> None:
    new = judged(datapoints, before, **changes)
    assert new is not None
    assert new.reason == reason


def test_reason_data_has_the_evaluated_datapoints_and_the_applied_period() -> None:
    new = judged("0 0 X - X", EvaluationPeriods=3, DatapointsToAlarm=2)
    assert new is not None
    assert json.loads(new.data) == {
        "version": "1.0",
        "queryDate": "2026-11-21T10:00:01.500+0000",
        "startDate": "2026-11-21T09:59:40.000+0000",
        "statistic": "Sum",
        "period": 300,
        "recentDatapoints": [0.0, 1.0, 1.0],
        "threshold": 1.0,
        "evaluatedDatapoints": [
            {"timestamp": "2026-11-21T09:59:55.000+0000", "value": 1.0},
            {"timestamp": "2026-11-21T09:59:45.000+0000", "value": 1.0},
            {"timestamp": "2026-11-21T09:59:40.000+0000", "value": 0.0},
        ],
    }
