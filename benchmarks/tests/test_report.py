"""Intervals, targets and tables are right for known values."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import report, targets
from benchmarks.intervals import Interval, of_difference, of_median, of_ratio, quantile
from benchmarks.process import BenchmarkError
from benchmarks.results import ONE_MORE_SERVICE
from tests.conformance.found import DESCRIBED

RUN = dict.fromkeys(("date", "commit", "machine", "python"), "")
SLOW, FAST = [0.9, 1.0, 1.1], [0.4, 0.5, 0.6]


def cold(wall: list[float]) -> dict[str, list[float]]:
    return dict.fromkeys(("wall", "cpu", "init", "first", "first_cpu", "rss"), wall)


def test_interval_holds_its_estimate() -> None:
    ratio = of_ratio(SLOW, FAST)
    assert ratio.value == 2.0
    assert ratio.low == pytest.approx(0.9 / 0.6)
    assert ratio.high == pytest.approx(1.1 / 0.4)
    assert of_median([3.0]).low == 3.0
    assert of_difference([3.0, 9.0, 4.0], [1.0, 2.0, 1.0]).value == 3.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5


def test_slowest_service_decides_whether_a_target_is_met() -> None:
    services = dict.fromkeys(DESCRIBED, cold(FAST)) | {DESCRIBED[-1]: cold(SLOW)}
    results: dict[str, Any] = {"cold": {**services, targets.FLOOR: cold(FAST)}, "https": {}, "warm": {}}
    [outcome] = [each for each in targets.outcomes(results) if each.target.field == "wall"]
    assert (outcome.subject, outcome.ratio.value, outcome.verdict) == (DESCRIBED[-1], 2.0, "**missed**")


def test_page_gets_the_targets_between_its_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "IMAGES", tmp_path / "docs/images")
    results: dict[str, Any] = {
        "cold": {**dict.fromkeys(DESCRIBED, cold(FAST)), targets.FLOOR: cold(FAST)},
        "https": {},
        "warm": {},
    }
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- benchmarks: begin -->\nearlier\n<!-- benchmarks: end -->\nafter\n")
    report.insert(results, page)
    text = page.read_text()
    assert text.startswith("before\n<!-- benchmarks: begin -->\n\n| measured |")
    assert text.endswith("\n<!-- benchmarks: end -->\nafter\n")
    assert "| 1.60 | 1.000 [" in text
    assert "(docs/images/bench-warm.svg)" in text
    assert "earlier" not in text


def test_page_without_comments_is_rejected(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n")
    with pytest.raises(BenchmarkError, match=r"README.md has no place for the table: add <!-- benchmarks: begin -->"):
        report.insert({"cold": {}, "https": {}, "warm": {}}, page)
    assert page.read_text() == "before\n"


@pytest.mark.parametrize(
    ("value", "high", "verdict"),
    [(1.0049, 1.1, "**missed**"), (1.0, 1.1, "met, within the noise"), (0.9, 1.0, "met")],
)
def test_target_is_compared_with_the_unrounded_ratio_and_its_interval(value: float, high: float, verdict: str) -> None:
    target = targets.Target(what="", subject="", other="", goal=1.0)
    assert targets.Outcome(target=target, subject="", ratio=Interval(value, 0.8, high)).verdict == verdict


def test_sizes_and_one_more_service_are_in_the_table_of_targets() -> None:
    sizes = {
        "common-layer.zip": {"zipped": 9_000_000, "unzipped": 28_000_001, "files": 1},
        "a.zip": {"zipped": 80_001, "unzipped": 1, "files": 1},
        "b.zip": {"zipped": 1, "unzipped": 1, "files": 1},
    }
    more = {ONE_MORE_SERVICE: {"value": 0.001, "low": 0.0005, "high": 0.002}}
    results: dict[str, Any] = {"run": RUN, "cold": {}, "https": {}, "warm": {}, "sizes": sizes, "more": more}
    text = report.report(results)
    assert "| layer, zipped | common-layer.zip |  | 10 MB | 9.000 MB | met |" in text
    assert "| layer, unzipped | common-layer.zip |  | 28 MB | 28.000 MB | **missed** |" in text
    assert "| largest function, zipped | a.zip |  | 0.08 MB | 0.080 MB | **missed** |" in text
    assert "| one more service | CPU ms of a cold start |  | 0 | 1.00 [0.50, 2.00] | **missed** |" in text


def test_lever_whose_intervals_all_include_zero_is_marked() -> None:
    none, gain = {"value": 0.001, "low": -0.001, "high": 0.002}, {"value": 0.001, "low": 0.0005, "high": 0.002}
    without = dict.fromkeys(("cpu", "first", "rss", "unsampled", "sampled"), none)
    ablation = {"one": {"a": without, "b": without | {"sampled": gain}}}
    text = report.report({"run": RUN, "cold": {}, "https": {}, "warm": {}, "ablation": ablation})
    first, second = (line for line in text.splitlines() if line.startswith("| one |"))
    assert first.endswith(" **no gain** |")
    assert "no gain" not in second


def test_profile_has_every_group_of_every_subject() -> None:
    profile = {"a": {"botocore": 0.256, "pydantic": 0.744}, "b": {"botocore": 1.0}}
    text = report.report({"run": RUN, "cold": {}, "https": {}, "warm": {}, "profile": profile})
    assert "| of | a | b |\n| --- | --- | --- |\n| botocore | 26 | 100 |\n| pydantic | 74 | 0 |" in text
