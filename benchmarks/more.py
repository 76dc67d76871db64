"""What one more route costs, what one more service costs, and whether memory grows."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from benchmarks.intervals import of_difference
from benchmarks.measure import SAMPLED, UNSAMPLED, Show, cold_starts, invoked, launched
from benchmarks.results import ONE_MORE_SERVICE
from benchmarks.subjects import Measured
from monorepo.services import default_service

ROUTES: Final = 20
REQUESTS: Final = 100_000
_BLOCK: Final = 1_000
_WARM: Final = 5_000  # requests until memory should not grow any more


def one_more(two_routes: Measured, services: Sequence[Measured], rounds: int, show: Show) -> dict[str, Any]:
    """Return the CPU seconds that a cold start takes more: with a route more, and with a service more."""
    [default] = [each for each in services if each.name == default_service().name]
    routes = _changed(two_routes, "with more routes", BENCHMARKS_ROUTES=str(ROUTES))
    # Only the default service knows the others: by their addresses, for the documentation.
    addresses = json.loads(default.subject.variables["SERVICES"]) | {"another": "/api/v1/another"}
    service = _changed(default, "beside one more", SERVICES=json.dumps(addresses))
    subjects = [two_routes, routes, default, service]
    cold = cold_starts(subjects, rounds, show)
    base, more, before, after = ([each.cpu for each in cold[subject.name]] for subject in subjects)
    of_routes = of_difference([value / ROUTES for value in more], [value / ROUTES for value in base])
    return {
        f"route (1/{ROUTES} of {ROUTES} more)": asdict(of_routes),
        ONE_MORE_SERVICE: asdict(of_difference(after, before)),
    }


def _changed(measured: Measured, label: str, **variables: str) -> Measured:
    changed = measured.with_variables(**variables)
    return replace(changed, subject=replace(changed.subject, name=f"{measured.name} {label}"))


def sizes(dist: Path) -> dict[str, dict[str, int]]:
    """Return the bytes of each zip, of its content, and the number of its files."""
    found = {}
    for file in sorted(dist.glob("*.zip")):
        with ZipFile(file) as zipped:
            files = [entry for entry in zipped.infolist() if not entry.is_dir()]
        unzipped = sum(entry.file_size for entry in files)
        found[file.name] = {"zipped": file.stat().st_size, "unzipped": unzipped, "files": len(files)}
    return found


def memory(measured: Measured, show: Show) -> tuple[int, int]:
    """Return the bytes that a process holds after 5,000 requests, and after 100,000; every other block is sampled."""
    held = {}
    traces = itertools.cycle((UNSAMPLED, SAMPLED))
    with launched([measured]) as [launcher]:
        launcher.start()
        for sent in range(_BLOCK, REQUESTS + 1, _BLOCK):
            held[sent] = invoked(launcher, measured, next(traces), _BLOCK)["memory"]
            show(f"memory: {measured.name}, {sent:,} of {REQUESTS:,} requests, {held[sent] / 1e6:.1f} MB")
    return held[_WARM], held[REQUESTS]
