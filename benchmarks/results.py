"""What a run measured, as plain data: it is written to results.json, and every table and plot is made of it."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.intervals import quantile
from benchmarks.measure import Block, Cold
from benchmarks.process import ROOT

RESULTS: Final = ROOT / "benchmarks" / "results"
# README shows them, and has to look the same without this folder.
IMAGES: Final = ROOT / "docs" / "images"

ONE_MORE_SERVICE: Final = "service in the repository"

type Results = dict[str, Any]
"""
    run: machine, date and commit; product: the subjects that are on the product's layer; outside: those whose warm
        invocations cannot be timed inside, so that they include HTTP.
    cold, https: subject => field of `Cold` => values, one per round.
    warm, warm_http: with calls to AWS answered in the process, and over HTTP: subject => "unsampled" or "sampled"
        => "wall" or "cpu" => the median of each block, and "quantiles" of all.
    profile: subject => group of modules => its share in the time of a warm, unsampled invocation.
"""


def describe_run() -> dict[str, Any]:
    """Return the machine, the date and the commit, with a plus sign if there are changes."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit.stdout.strip() + "+" * bool(changed.stdout.strip()),
        "machine": f"{os.cpu_count()} x {models[0] if models else platform.machine()}",
        "python": platform.python_version(),
        "kernel": platform.release(),
    }


def cold_values(measured: Mapping[str, Sequence[Cold]]) -> dict[str, dict[str, list[float]]]:
    """Return seconds, and bytes of memory, by subject and field."""
    fields = ("wall", "cpu", "init", "first", "first_cpu", "rss")
    return {
        name: {field: [round(getattr(each, field), 7) for each in starts] for field in fields}
        for name, starts in measured.items()
    }


def warm_values(measured: Mapping[str, Mapping[str, Sequence[Block]]]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return seconds by subject, kind and clock: of each block the median, and 101 quantiles of all invocations."""
    return {
        name: {
            kind: {
                "wall": [round(median(block.seconds), 7) for block in blocks],
                "cpu": [round(median(block.cpu), 7) for block in blocks],
                "quantiles": _quantiles([each for block in blocks for each in block.seconds]),
            }
            for kind, blocks in kinds.items()
        }
        for name, kinds in measured.items()
    }


def _quantiles(values: Sequence[float]) -> list[float]:
    return [round(quantile(values, part / 100), 7) for part in range(101)]


def write(results: Results) -> None:
    """Write results.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "results.json").write_text(json.dumps(results) + "\n")
