"""What the time of a warm invocation is used for, by groups of modules."""

import json
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.inside.adapter import PORT
from benchmarks.inside.names import PART, PROFILED
from benchmarks.measure import UNSAMPLED, Show, invoked, launched
from benchmarks.process import ROOT
from benchmarks.subjects import Measured

type Shares = dict[str, float]
"""The share of each group, of 1."""


def profiles(measured: Sequence[Measured], show: Show) -> dict[str, Shares]:
    """Return the shares of each subject that is a function. No invocation is sampled."""
    found: dict[str, Shares] = {}
    for each in (each for each in measured if PORT not in each.subject.variables):
        show(f"profiling: {each.name}")
        profiled = _profiled(each)
        with launched([profiled]) as [launcher]:
            launcher.start()
            shares: Shares = json.loads(invoked(launcher, profiled, UNSAMPLED)["response"])[PART]
            found[each.name] = {name: round(share, 4) for name, share in sorted(shares.items())}
    return found


def _profiled(measured: Measured) -> Measured:
    [handler] = measured.subject.arguments
    path = [*measured.subject.path, ROOT]
    subject = replace(measured.subject, path=path, arguments=["benchmarks.inside.profiled.handler"])
    return replace(measured, subject=subject).with_variables(**{PROFILED: handler})
