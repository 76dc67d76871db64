"""The report of a verification, in Markdown."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.conformance.deployed.target import Target
from tests.conformance.deployed.telemetry import ReadBack


@dataclass(frozen=True)
class Timing:
    """How long the responses of a service took, in milliseconds, measured at the client and in the function."""

    service: str
    client: Sequence[float]
    function: Sequence[float]
    inits: Sequence[float]
    cold: int

    def row(self) -> str:
        """Return the row of the table."""
        cells = [self.service, str(len(self.client)), *_quantiles(self.client), *_quantiles(self.function)]
        inits = f"{statistics.median(self.inits):.0f}" if self.inits else "-"
        return f"| {' | '.join([*cells, str(self.cold), inits])} |"


@dataclass
class Report:
    """The result of each check by its name: what is wrong, or nothing."""

    results: dict[str, list[str]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """Return what is wrong, one line each."""
        return [f"{name}: {problem}" for name, problems in self.results.items() for problem in problems]

    def text(self, target: Target, read_back: ReadBack, timings: Sequence[Timing], moment: str) -> str:
        """Return the page."""
        sent = read_back.sender.sent
        arrived = ", ".join(f"{kind} after {seconds:.0f} s" for kind, seconds in read_back.seconds.items())
        states = ", ".join(f"{count} {state}" for state, count in sorted(read_back.alarms.items()))
        verdict = "failed" if self.failures else "passed"
        lines = [
            f"# Verification of {target.prefix}: {verdict}",
            "",
            f"{target.base_url}, {moment}, {len(sent)} requests marked `{read_back.sender.run}`.",
            "",
            "| check | result |",
            "|---|---|",
            *(f"| {name} | {f'{len(found)} wrong' if found else 'passed'} |" for name, found in self.results.items()),
            "",
            *([*(f"- {failure}" for failure in self.failures), ""] if self.failures else []),
            "| service | requests | p50, client ms | p99 | p50, function ms | p99 | cold starts | INIT ms, median |",
            "|---|---|---|---|---|---|---|---|",
            *(timing.row() for timing in timings),
            "",
            "The first figures are of `GET /health` over one connection, and include the network.",
            f"Alarms: {states or 'none'}. Telemetry: {arrived or 'not read'}.",
        ]
        return "\n".join(lines) + "\n"


def _quantiles(values: Sequence[float]) -> tuple[str, str]:
    if not values:
        return "-", "-"
    # One value has no quantiles, so it stands for all.
    cuts = statistics.quantiles(values, n=100, method="inclusive") if len(values) > 1 else [values[0]] * 99
    return f"{cuts[49]:.1f}", f"{cuts[98]:.1f}"
