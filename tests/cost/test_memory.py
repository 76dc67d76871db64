"""Duration and price per memory size, by hand and from a benchmark's results."""

import json
from pathlib import Path
from typing import Any

import pytest

from cost import memory
from cost.memory import DATABASE_MS, HASH_MS, Durations, Measured, durations, extract, usd_for_a_million

MEASURED = Measured(
    init_cpu_ms=300, init_wait_ms=10, first_cpu_ms=8, first_wait_ms=1, warm_cpu_ms=1, warm_wait_ms=0.5, rss_mb=60
)
RESULTS: dict[str, Any] = {
    "run": {"commit": "0123456789ab", "machine": "2 x CPU", "date": "2026-11-30 01:00 UTC"},
    "cold": {
        "lions": {
            "wall": [0.32],
            "cpu": [0.308],
            "init": [0.310],
            "first": [0.009],
            "first_cpu": [0.008],
            "rss": [60_000_000],
        },
        "tigers": {
            "wall": [0.2],
            "cpu": [0.2],
            "init": [0.2],
            "first": [0.01],
            "first_cpu": [0.01],
            "rss": [50_000_000],
        },
        "floor": {"wall": [9], "cpu": [9], "init": [9], "first": [9], "first_cpu": [9], "rss": [1]},
    },
    # Where calls to AWS go over HTTP, which "warm" leaves out.
    "warm_http": {"lions": {"sampled": {"wall": [0.0015, 0.0015, 0.1], "cpu": [0.001, 0.001, 0.1]}}},
}


def test_a_whole_vcpu_takes_the_measured_time() -> None:
    assert durations(MEASURED, 1769) == Durations(
        init=310, first=9 + DATABASE_MS, warm=1.5 + DATABASE_MS, login=1.5 + DATABASE_MS + HASH_MS
    )
    assert durations(MEASURED, 3538) == durations(MEASURED, 1769)


def test_half_a_vcpu_doubles_cpu_but_neither_waiting_nor_init() -> None:
    found = durations(MEASURED, 1769 // 2)
    assert found.init == 310
    assert found.first == pytest.approx(17 + DATABASE_MS, rel=0.01)
    assert found.warm == pytest.approx(2.5 + DATABASE_MS, rel=0.01)
    assert found.login == pytest.approx(found.warm + 2 * HASH_MS, rel=0.01)


def test_price_of_a_million_requests() -> None:
    # 995,000 of 6 ms and 5,000 of 400 ms are 7,970 s, at half a GB and 0.00001 USD for a GB-second.
    found = Durations(init=380, first=20, warm=6, login=0)
    assert usd_for_a_million(found, 512, 0.00001) == pytest.approx(7_970 / 2 * 0.00001)


def test_figures_are_those_of_the_service_with_the_longest_cold_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert extract(RESULTS, ["lions", "tigers"]) == MEASURED
    with pytest.raises(ValueError, match="none of the services bears"):
        extract(RESULTS, ["bears"])
    results = tmp_path / "results.json"
    results.write_text(json.dumps(RESULTS))
    monkeypatch.setattr(memory, "FILE", tmp_path / "memory.yaml")
    memory.write(results, ["lions", "tigers"])
    assert memory.read() == (MEASURED, "commit 0123456789ab, 2 x CPU, 2026-11-30 01:00 UTC")
