"""What each lever gains: the product without it beside the product, in the same rounds."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from statistics import median
from typing import Any

from benchmarks.copies import Copy
from benchmarks.intervals import of_difference
from benchmarks.levers import LEVERS
from benchmarks.measure import Block, Cold, Show, cold_starts, warm_invocations
from benchmarks.subjects import Bench, Measured


def variants(made: Bench, services: Sequence[Measured]) -> Iterator[tuple[Measured, str]]:
    """Yield each service over HTTPS without each lever, and the lever's name."""
    for number, lever in enumerate(LEVERS):
        for service in services:
            opt = Copy(service.subject.opt, made.folder / f"{number} {service.name}")
            lever.without(opt)
            subject = replace(service.subject, name=f"{service.name} without: {lever.name}", opt=opt.folder)
            changed = replace(service, subject=subject).with_variables(**lever.variables)
            yield made.over_https(changed), lever.name


def ablation(made: Bench, services: Sequence[Measured], rounds: int, blocks: int, show: Show) -> dict[str, Any]:
    """Return, by lever and service, how much more is used without the lever, each with its interval.

    Cold starts are over HTTPS, in seconds of CPU (`cpu`), in seconds (`first`: of the first invocation) and in bytes
    (`rss`). `warm` is the median of invocations, in seconds of CPU, unsampled and sampled.
    """
    bases = [made.over_https(service) for service in services]
    without = list(variants(made, services))
    subjects = [*bases, *(subject for subject, _ in without)]
    cold = cold_starts(subjects, rounds, show)
    warm = warm_invocations([subject.answered() for subject in subjects], blocks, show)
    found: dict[str, Any] = {}
    for number, (subject, lever) in enumerate(without):
        base = bases[number % len(bases)].name
        found.setdefault(lever, {})[base] = _gains(cold[subject.name], cold[base], warm[subject.name], warm[base])
    return found


def _gains(
    cold: Sequence[Cold], base: Sequence[Cold], warm: dict[str, list[Block]], warm_base: dict[str, list[Block]]
) -> dict[str, Any]:
    gains: dict[str, Any] = {
        field: asdict(of_difference([getattr(one, field) for one in cold], [getattr(one, field) for one in base]))
        for field in ("cpu", "first", "rss")
    }
    for kind, blocks in warm.items():
        medians = [[median(block.cpu) for block in each] for each in (blocks, warm_base[kind])]
        gains[kind] = asdict(of_difference(*medians))
    return gains
