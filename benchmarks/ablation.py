"""What each lever gains: the product without it beside the product, in the same rounds."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from statistics import median
from typing import Any

from benchmarks.copies import Copy
from benchmarks.intervals import of_difference
from benchmarks.levers import LEVERS, Lever
from benchmarks.measure import Block, Cold, Show, cold_starts, warm_invocations
from benchmarks.subjects import Bench, Measured


def variants(made: Bench, services: Sequence[Measured]) -> Iterator[tuple[Measured, Lever]]:
    """Yield each service over HTTPS without each lever, and the lever."""
    for number, lever in enumerate(LEVERS):
        for service in services:
            opt = Copy(service.subject.opt, made.folder / f"{number} {service.name}")
            lever.without(opt)
            subject = replace(service.subject, name=f"{service.name} without: {lever.name}", opt=opt.folder)
            changed = replace(service, subject=subject).with_variables(**lever.variables)
            yield made.over_https(changed), lever


def ablation(made: Bench, services: Sequence[Measured], rounds: int, blocks: int, show: Show) -> dict[str, Any]:
    """Return, by lever and service, how much more is used without the lever, each with its interval.

    Cold starts are over HTTPS, in seconds of CPU (`cpu`), in seconds (`first`: of the first invocation) and in bytes
    (`rss`). Levers that make requests short have the medians of warm invocations too, in seconds of CPU, `unsampled`
    and `sampled`.
    """
    bases = [made.over_https(service) for service in services]
    without = list(variants(made, services))
    subjects = [*bases, *(subject for subject, _ in without)]
    cold = cold_starts(subjects, rounds, show)
    of_requests = [*bases, *(subject for subject, lever in without if lever.warm)]
    warm = warm_invocations([subject.answered() for subject in of_requests], blocks, show)
    found: dict[str, Any] = {}
    for number, (subject, lever) in enumerate(without):
        base = bases[number % len(bases)].name
        gains = _cold_gains(cold[subject.name], cold[base])
        if lever.warm:
            gains |= _warm_gains(warm[subject.name], warm[base])
        found.setdefault(lever.name, {})[base] = gains
    return found


def _cold_gains(cold: Sequence[Cold], base: Sequence[Cold]) -> dict[str, Any]:
    return {
        field: asdict(of_difference([getattr(one, field) for one in cold], [getattr(one, field) for one in base]))
        for field in ("cpu", "first", "rss")
    }


def _warm_gains(warm: dict[str, list[Block]], base: dict[str, list[Block]]) -> dict[str, Any]:
    return {
        kind: asdict(of_difference(*([median(block.cpu) for block in each] for each in (blocks, base[kind]))))
        for kind, blocks in warm.items()
    }
