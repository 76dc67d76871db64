"""Measure the subjects: `make bench`, `bench-quick`, `bench-levers` and `bench-memory`."""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.ablation import ablation
from benchmarks.breakdown import broken_down
from benchmarks.inside.adapter import PORT
from benchmarks.layers import packaged
from benchmarks.levers import LEVERS
from benchmarks.measure import WARM_UP, Show, cold_starts, verify, warm_invocations
from benchmarks.more import memory, one_more, sizes
from benchmarks.process import ROOT, BenchmarkError, require_mounts
from benchmarks.profiles import profiles
from benchmarks.progress import Progress
from benchmarks.report import ablation_table, insert, report
from benchmarks.results import IMAGES, RESULTS, Results, cold_values, describe_run, warm_values, write
from benchmarks.subjects import Bench, Measured, bench, default_subjects
from benchmarks.targets import FLOOR, LEAN_FLOOR, TWO_ROUTES

type Command = Callable[[Bench, list[Measured], Path, Show], None]

PYTHON: Final = ROOT / "benchmarks" / ".venv" / "bin" / "python"
# Of the full run: cold starts, blocks of warm invocations, and blocks of them over HTTP.
COLD, WARM, WARM_HTTP = 20, 20, 5
# Of the ablation: cold starts, and blocks of warm invocations.
ROUNDS, BLOCKS = 10, 10
MANY_COLD, MANY_BLOCKS = 100, 40  # of a lever that is measured alone
ONE_MORE: Final = 10  # cold starts with and without one more
QUICK_COLD, QUICK_WARM = 3, 3
QUICK_WARM_UP: Final = 100
# More memory after 100,000 requests than after 5,000: arenas that are not given back differ by less.
GROWTH: Final = 1_000_000  # bytes


def main() -> None:
    """Run the command of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("command", choices=("full", "quick", "levers", "memory"))
    parser.add_argument("--dist", type=Path, help="folder of zips for this machine's architecture (default: packages)")
    parser.add_argument("--before", type=Path, help="folder of zips whose services are measured too")
    parser.add_argument("--only", default="", help="regular expression of the names of subjects, or of levers")
    arguments = parser.parse_args()
    if arguments.command == "full" and arguments.only:
        parser.error("`full` writes README's table, so it measures all subjects: use `quick` with --only")
    require_mounts()
    commands: dict[str, Command] = {
        "full": _full,
        "quick": _quick,
        "levers": partial(_levers, only=arguments.only),
        "memory": _memory,
    }
    try:
        dist = arguments.dist or packaged()
        with bench() as made, Progress() as progress:
            subjects = made.services(dist) if arguments.command == "levers" else default_subjects(made, dist)
            if arguments.before:
                subjects += made.services(arguments.before, " before")
            chosen = [
                each for each in subjects if arguments.command == "levers" or re.search(arguments.only, each.name)
            ]
            for each in chosen:
                progress.show(f"checking: {each.name}")
                verify(each, made.store)
            commands[arguments.command](made, chosen, dist, progress.show)
    except BenchmarkError as error:
        sys.exit(str(error))


def _measured(
    made: Bench, subjects: list[Measured], cold: int, warm: int, show: Show, warm_up: int = WARM_UP
) -> Results:
    # The others have the client of the floor.
    secure = [each for each in subjects if each.telemetry or each.name in (FLOOR, LEAN_FLOOR)]
    return {
        "run": describe_run(),
        "product": [each.name for each in subjects if each.telemetry],
        "outside": [each.name for each in subjects if PORT in each.subject.variables],
        "cold": cold_values(cold_starts(subjects, cold, show)),
        "https": cold_values(cold_starts([made.over_https(each) for each in secure], cold, show)),
        "warm": warm_values(warm_invocations([each.answered() for each in subjects], warm, show, warm_up=warm_up)),
    }


def _quick(made: Bench, subjects: list[Measured], _: Path, show: Show) -> None:
    print(report(_measured(made, subjects, QUICK_COLD, QUICK_WARM, show, QUICK_WARM_UP)))


def _full(made: Bench, subjects: list[Measured], dist: Path, show: Show) -> None:
    services = made.services(dist)
    [two_routes] = [each for each in subjects if each.name == TWO_ROUTES]
    found = _measured(made, subjects, COLD, WARM, show)
    found["warm_http"] = warm_values(warm_invocations(subjects, WARM_HTTP, show, warm_up=QUICK_WARM_UP))
    found["profile"] = profiles(subjects, show)
    found["breakdown"] = broken_down(made, subjects, QUICK_COLD, show)
    found["ablation"] = ablation(made, services, ROUNDS, BLOCKS, show)
    found["more"] = one_more(two_routes, services, ONE_MORE, show)
    found["sizes"] = sizes(dist)
    write(found)
    text = report(found)
    (RESULTS / "results.md").write_text(text)
    subprocess.run([str(PYTHON), str(ROOT / "benchmarks" / "plots.py"), str(RESULTS), str(IMAGES)], check=True)
    insert(found, ROOT / "README.md")
    print(text)


def _levers(made: Bench, services: list[Measured], _: Path, show: Show, *, only: str) -> None:
    levers = [lever for lever in LEVERS if re.search(only, lever.name)]
    if not levers:
        raise BenchmarkError(f"No lever has a name with {only!r}: benchmarks/levers.py has them.")
    print(ablation_table(ablation(made, services, MANY_COLD, MANY_BLOCKS, show, levers)))


def _memory(_made: Bench, subjects: list[Measured], _: Path, show: Show) -> None:
    grown = []
    for each in (each for each in subjects if each.telemetry):
        early, late = memory(each, show)
        print(f"{each.name}: {early / 1e6:.1f} MB after 5,000 requests, {late / 1e6:.1f} MB after 100,000")
        if late - early > GROWTH:
            grown.append(each.name)
    if grown:
        raise BenchmarkError(f"The memory of {', '.join(grown)} grows.")


if __name__ == "__main__":
    main()
