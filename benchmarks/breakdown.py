"""What the CPU time of a cold start is used for, by groups of modules and by mechanisms."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.inside.adapter import PORT
from benchmarks.measure import OK, Show
from benchmarks.process import INTERPRETER, ROOT, TMP_SIZE, WORK, BenchmarkError, runtime
from benchmarks.subjects import Bench, Measured
from local_aws.awslambda.mounts import Folders, mounted

type Parts = dict[str, float]
"""CPU seconds by part."""


def broken_down(made: Bench, measured: Sequence[Measured], rounds: int, show: Show) -> dict[str, Parts]:
    """Return the medians of the parts of each subject that is a function."""
    functions = [each for each in measured if PORT not in each.subject.variables]
    found: dict[str, list[Parts]] = {each.name: [] for each in functions}
    for number in range(1, rounds + 1):
        for each in functions:
            show(f"breaking down, round {number} of {rounds}: {each.name}")
            found[each.name].append(_parts(each, made.folder))
    return {name: _medians(runs) for name, runs in found.items()}


def _medians(runs: Sequence[Parts]) -> Parts:
    names = sorted({name for run in runs for name in run})
    return {name: round(median(run.get(name, 0.0) for run in runs), 7) for name in names}


def _parts(measured: Measured, folder: Path) -> Parts:
    subject = measured.subject
    event, result = folder / "event.json", folder / "parts.json"
    event.write_text(measured.event)
    result.unlink(missing_ok=True)
    [handler] = subject.arguments
    command = [*INTERPRETER, "-m", "benchmarks.inside.breakdown", handler, str(event), str(result)]
    variables = {**subject.environment, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}
    variables["PYTHONPATH"] = f"{variables['PYTHONPATH']}:{ROOT}"
    folders = Folders(subject.task, subject.opt, runtime(), WORK)
    done = subprocess.run(
        mounted(command, folders, TMP_SIZE), env=variables, capture_output=True, text=True, check=False
    )
    written: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {"status": 0}
    if written["status"] != OK:
        raise BenchmarkError(f"{measured.name}: it cannot be broken down: {written['status']}\n{done.stderr[-2000:]}")
    parts: Parts = written["parts"]
    return parts
