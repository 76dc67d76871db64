import pytest

from local_aws.commands import overhead


def test_every_warm_request_is_measured() -> None:
    taken = overhead.measure(20)
    assert len(taken) == 20
    assert taken == sorted(taken)
    assert 0 < taken[0] < 1000


def test_median_above_the_goal_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"the median must stay below 3\.0 ms"):
        overhead.main([], lambda requests: [2.9] + [3.1] * (requests - 1))
    assert capsys.readouterr().out == "5000 warm requests: p50 3.10 ms, p90 3.10 ms, p99 3.10 ms\n"
