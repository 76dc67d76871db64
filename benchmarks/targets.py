"""The targets: ratios of medians in one run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.intervals import Interval, of_ratio
from benchmarks.results import Results
from tests.conformance.found import DESCRIBED

SHIPPED: Final = "blueprint as shipped"
BYTECODE: Final = "blueprint with bytecode"
RESOLVER: Final = "resolver"
BARE: Final = "bare FastAPI"
FLOOR: Final = "floor"
LEAN_FLOOR: Final = "lean floor"
TWO_ROUTES: Final = "two routes on our layer"
# The services, each as it is packaged; the slowest of them counts.
FULL: Final = "full product"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A target.

    Attributes:
        what: What is measured, for the table.
        subject: The numerator.
        other: The denominator.
        part: Of the results: `cold`, `https`, or `unsampled` or `sampled` invocations that are warm.
        field: Of the part.
        goal: The largest ratio that meets it.
    """

    what: str
    subject: str
    other: str
    part: str = "cold"
    field: str = "wall"
    goal: float


TARGETS: Final = (
    Target(what="cold start", subject=FULL, other=SHIPPED, goal=0.29),
    Target(what="cold start", subject=FULL, other=BYTECODE, goal=0.70),
    Target(what="cold start", subject=FULL, other=RESOLVER, goal=1.00),
    Target(what="cold start", subject=TWO_ROUTES, other=RESOLVER, goal=0.90),
    Target(what="cold start", subject=TWO_ROUTES, other=FLOOR, goal=1.45),
    Target(what="cold start", subject=FULL, other=FLOOR, goal=1.60),
    Target(what="first invocation over HTTPS", subject=FULL, other=FLOOR, part="https", field="first", goal=0.60),
    Target(what="warm p50, unsampled", subject=FULL, other=BYTECODE, part="unsampled", goal=0.40),
    Target(what="warm p50, unsampled", subject=FULL, other=BARE, part="unsampled", goal=1.50),
    Target(what="warm p50, unsampled", subject=FULL, other=RESOLVER, part="unsampled", goal=1.30),
    Target(what="warm p50, sampled", subject=FULL, other=BYTECODE, part="sampled", goal=0.42),
    Target(what="warm p50, sampled", subject=FULL, other=BARE, part="sampled", goal=2.00),
    Target(what="peak memory", subject=FULL, other=BYTECODE, field="rss", goal=0.80),
)


MEGABYTE: Final = 1_000_000
# Bytes of zips: the layer, and the largest of the functions.
LAYER: Final = "common-layer.zip"
SIZES: Final = {
    ("layer, zipped", "zipped"): 10 * MEGABYTE,
    ("layer, unzipped", "unzipped"): 28 * MEGABYTE,
    ("largest function, zipped", ""): 80_000,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A target and what was measured; `subject` is the one that counts."""

    target: Target
    subject: str
    ratio: Interval

    @property
    def verdict(self) -> str:
        """Whether the unrounded ratio meets the target, and whether its whole interval does."""
        if self.ratio.value > self.target.goal:
            return "**missed**"
        return "met" if self.ratio.high <= self.target.goal else "met, within the noise"


def values(results: Results, part: str, subject: str, field: str) -> Sequence[float]:
    """Return the values of a subject."""
    found: Any = results["warm"][subject][part] if part.endswith("sampled") else results[part][subject]
    measured: Sequence[float] = found[field]
    return measured


def outcomes(results: Results) -> Iterator[Outcome]:
    """Yield the outcome of each target whose subjects were measured."""
    for target in TARGETS:
        known = results["warm"] if target.part.endswith("sampled") else results.get(target.part, {})
        subjects = [each for each in (DESCRIBED if target.subject == FULL else [target.subject]) if each in known]
        if subjects and target.other in known:
            by_median = {each: median(values(results, target.part, each, target.field)) for each in subjects}
            slowest = max(subjects, key=lambda each: by_median[each])
            ratio = of_ratio(
                values(results, target.part, slowest, target.field),
                values(results, target.part, target.other, target.field),
            )
            yield Outcome(target=target, subject=slowest, ratio=ratio)


def sizes(found: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, int, int]]:
    """Yield what has a largest size, the file, the largest size and the size, in bytes."""
    largest = max((name for name in found if name != LAYER), key=lambda name: found[name]["zipped"])
    for (what, field), goal in SIZES.items():
        name = LAYER if field else largest
        yield what, name, goal, found[name][field or "zipped"]
