"""What each lever gains: the product without it beside the product, in the same rounds.

The largest service stands for the product. It is measured once more for each lever, because a pair whose halves are
minutes apart has different noise.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.copies import Copy
from benchmarks.intervals import of_difference
from benchmarks.levers import LEVERS, Lever
from benchmarks.measure import Block, Cold, Show, cold_starts, warm_invocations
from benchmarks.subjects import Bench, Measured


def largest(services: Sequence[Measured]) -> Measured:
    """Return the service whose package has the most bytes."""
    return max(services, key=lambda service: _bytes(service.subject.task))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def variant(made: Bench, service: Measured, lever: Lever, number: int) -> Measured:
    """Return the service over HTTPS without the lever."""
    opt = Copy(service.subject.opt, made.folder / f"{number} {service.name}")
    lever.without(opt)
    subject = replace(service.subject, name=f"{service.name} without: {lever.name}", opt=opt.folder)
    return made.over_https(replace(service, subject=subject).with_variables(**lever.variables))


def ablation(
    made: Bench,
    services: Sequence[Measured],
    rounds: int,
    blocks: int,
    show: Show,
    levers: Sequence[Lever] = LEVERS,
) -> dict[str, Any]:
    """Return, by lever and service, how much more is used without the lever, each with its interval.

    Cold starts are over HTTPS, in seconds of CPU (`cpu`), in seconds (`first`: of the first invocation) and in bytes
    (`rss`). Levers that make requests short have the medians of warm invocations too, in seconds of CPU, `unsampled`
    and `sampled`.
    """
    service = largest(services)
    base = made.over_https(service)
    found: dict[str, Any] = {}
    for number, lever in enumerate(levers):
        without = variant(made, service, lever, number)
        cold = cold_starts([base, without], rounds, show)
        gains = _cold_gains(cold[without.name], cold[base.name])
        if lever.warm:
            warm = warm_invocations([base.answered(), without.answered()], blocks, show)
            gains |= _warm_gains(warm[without.name], warm[base.name])
        found[lever.name] = {base.name: gains}
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
