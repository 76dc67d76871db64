import pytest

from local_aws.cloudwatch.expression import Expression, ExpressionError

PERIODS = range(0, 20, 5)


def test_fill_replaces_missing_errors_in_a_rate() -> None:
    expression = Expression("100 * FILL(errors, 0) / requests")
    assert expression.ids == {"errors", "requests"}
    series = {"errors": {5: 1.0}, "requests": {0: 10.0, 5: 4.0, 15: 2.0}}
    assert expression.points(series, PERIODS) == {0: 0.0, 5: 25.0, 15: 0.0}


def test_missing_operand_and_division_by_zero_have_no_value() -> None:
    series = {"part": {0: 1.0, 5: 2.0, 10: 3.0}, "whole": {0: 0.0, 5: 4.0}}
    assert Expression("part / whole").points(series, PERIODS) == {5: 0.5}


def test_periods_out_of_range_are_left_out() -> None:
    assert Expression("2 * part").points({"part": {-5: 1.0, 0: 3.0, 20: 1.0}}, PERIODS) == {0: 6.0}


def test_division_precedence() -> None:
    assert Expression("100 * part / 4").points({"part": {0: 1.0}}, PERIODS) == {0: 25.0}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("part + 1", "part + 1"),
        ("-part", "-part"),
        ("FILL(part, REPEAT)", "FILL(part, REPEAT)"),
        ("FILL(METRICS(), 0)", "FILL(METRICS(), 0)"),
        ("100 * RATE(part)", "RATE(part)"),
        ("IF(part > 1, 1, 0)", "IF(part > 1, 1, 0)"),
        ("part * 'a'", "'a'"),
        ("part *", "is not an expression"),
        ("ANOMALY_DETECTION_BAND(part, 2)", "ANOMALY_DETECTION_BAND"),
        ("1 * 2", "names no metric"),
    ],
)
def test_unsupported_expression_is_rejected_with_a_reason(text: str, part: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        Expression(text)
    assert part in str(raised.value)
