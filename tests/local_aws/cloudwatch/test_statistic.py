import statistics

import pytest

from local_aws.cloudwatch.statistic import statistic

VALUES = [4.0, 1.0, 3.0, 2.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sum", 10),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("SampleCount", 4),
        ("p0", 1),
        ("p50", 2.5),
        ("p90", pytest.approx(3.7)),
        ("p99.9", pytest.approx(3.997)),
        ("p100", 4),
    ],
)
def test_statistics_of_values(name: str, value: float) -> None:
    assert statistic(name)(VALUES) == value
    assert VALUES == [4.0, 1.0, 3.0, 2.0]


def test_percentiles_equal_pythons_inclusive_quantiles() -> None:
    values = [float(number * number % 97) for number in range(1, 60)]
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    assert [statistic(f"p{percent}")(values) for percent in range(1, 100)] == pytest.approx(cuts)


def test_every_percentile_of_one_value_is_that_value() -> None:
    assert [statistic(name)([7.0]) for name in ("p0", "p50", "p99", "p100")] == [7.0] * 4


@pytest.mark.parametrize("name", ["", "sum", "p", "p101", "p-1", "99p", "tm99", "IQM", "PR(:300)"])
def test_unsupported_statistic_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="is not a supported statistic"):
        statistic(name)
