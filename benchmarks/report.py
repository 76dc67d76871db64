"""The tables of a run, in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.intervals import Interval, of_median, quantile
from benchmarks.process import BenchmarkError
from benchmarks.results import IMAGES, ONE_MORE_SERVICE, Results
from benchmarks.targets import outcomes, sizes

type Ablation = Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]
"""Lever => service => what is used => an interval."""

TARGET_HEAD: Final = ("measured", "of", "against", "at most", "found", "")
PLOTS: Final = {
    "cold-starts": "Cold starts of each subject, as points, with their medians",
    "breakdown": "What the CPU time of a cold start is used for, by groups of modules and by mechanisms",
    "warm": "The distribution of warm invocations of each subject",
    "ablation": "How much longer a cold start takes without each lever",
}


def report(results: Results) -> str:
    """Return all tables of the results, each after its title."""
    run = results["run"]
    parts = [
        f"Measured on {run['date']} at commit {run['commit']}, on {run['machine']} with Python {run['python']}.",
        "Intervals hold 95 % of bootstrap samples of the median.",
        "### Targets",
        _table(TARGET_HEAD, _targets(results)),
        "### Cold starts",
        _table(
            ("subject", "wall ms", "p95", "CPU ms", "INIT ms", "first ms", "first over HTTPS ms", "memory MB"),
            _cold(results),
        ),
        "### Warm invocations",
        "Calls to AWS are answered in the process, but for the last column, which has them over HTTP.",
        _table(
            ("subject", "sampled", "p50 µs", "p95 µs", "p99 µs", "CPU p50 µs", "CPU p50 µs over HTTP"), _warm(results)
        ),
    ]
    if results.get("profile"):
        parts += [
            "### What a warm invocation is used for",
            "Per cent of an unsampled invocation, by cProfile, which makes groups of small functions look larger.",
            _table(("of", *results["profile"]), _profile(results["profile"])),
        ]
    if results.get("ablation"):
        parts += [
            "### Each lever taken away",
            "How much more is used without the lever, over HTTPS, paired by round. Gains do not add up.",
            "Some levers contain others. A lever none of whose intervals is above 0 is marked: it shows no gain.",
            ablation_table(results["ablation"]),
        ]
    if results.get("sizes"):
        parts += ["### Sizes", _table(("package", "zipped", "unzipped", "files"), _sizes(results["sizes"]))]
    if results.get("more"):
        parts += ["### One more", _table(("what", "CPU ms of a cold start"), _more(results["more"]))]
    return "\n\n".join(parts) + "\n"


def insert(results: Results, page: Path) -> None:
    """Replace what the page has between its two comments `benchmarks` by the targets and the plots."""
    begin, end = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
    before, opened, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise BenchmarkError(f"{page} has no place for the table: add {begin} and {end}")
    folder = IMAGES.relative_to(page.parent)
    parts = [
        begin,
        _table(TARGET_HEAD, _targets(results)),
        *(f"![{text}]({folder}/bench-{name}.svg)" for name, text in PLOTS.items()),
        end,
    ]
    page.write_text(before + "\n\n".join(parts) + after)


def ablation_table(ablation: Ablation) -> str:
    """Return the table of what is used more without each lever."""
    head = ("lever", "service", "cold CPU ms", "first ms", "memory MB", "warm CPU µs", "sampled CPU µs", "")
    return _table(head, _ablation(ablation))


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _between(interval: Interval, scale: float = 1.0, digits: int = 0) -> str:
    low, high = (f"{end * scale:.{digits}f}" for end in (interval.low, interval.high))
    return f"{interval.value * scale:.{digits}f} [{low}, {high}]"


def _targets(results: Results) -> Iterator[Sequence[str]]:
    for outcome in outcomes(results):
        target = outcome.target
        yield (
            target.what,
            outcome.subject,
            target.other,
            f"{target.goal:.2f}",
            _between(outcome.ratio, digits=3),
            outcome.verdict,
        )
    for what, name, goal, size in sizes(results["sizes"]) if results.get("sizes") else ():
        yield what, name, "", f"{goal / 1e6:g} MB", f"{size / 1e6:.3f} MB", "met" if size <= goal else "**missed**"
    if found := results.get("more", {}).get(ONE_MORE_SERVICE):
        more = Interval(**found)
        verdict = "met, within the noise" if more.low <= 0 else "**missed**"
        yield "one more service", "CPU ms of a cold start", "", "0", _between(more, 1e3, 2), verdict


def _cold(results: Results) -> Iterator[Sequence[str]]:
    for name, found in results["cold"].items():
        secure = results["https"].get(name)
        yield (
            name,
            _between(of_median(found["wall"]), 1e3),
            f"{quantile(found['wall'], 0.95) * 1e3:.0f}",
            _between(of_median(found["cpu"]), 1e3),
            f"{median(found['init']) * 1e3:.0f}",
            _between(of_median(found["first"]), 1e3, 1),
            _between(of_median(secure["first"]), 1e3, 1) if secure else "",
            f"{median(found['rss']) / 1e6:.0f}",
        )


def _warm(results: Results) -> Iterator[Sequence[str]]:
    over_http = results.get("warm_http")
    for name, kinds in results["warm"].items():
        for kind, found in kinds.items():
            yield (
                f"{name} (timed from outside)" if name in results.get("outside", ()) else name,
                "no" if kind == "unsampled" else "yes",
                _between(of_median(found["wall"]), 1e6),
                *(f"{found['quantiles'][at] * 1e6:.0f}" for at in (95, 99)),
                _between(of_median(found["cpu"]), 1e6),
                f"{median(over_http[name][kind]['cpu']) * 1e6:.0f}" if over_http else "",
            )


def _profile(profile: Mapping[str, Mapping[str, float]]) -> Iterator[Sequence[str]]:
    for group in sorted({group for shares in profile.values() for group in shares}):
        yield group, *(f"{shares.get(group, 0) * 100:.0f}" for shares in profile.values())


def _ablation(ablation: Ablation) -> Iterator[Sequence[str]]:
    for lever, by_service in ablation.items():
        for service, found in by_service.items():
            scales = {"cpu": 1e3, "first": 1e3, "rss": 1e-6, "unsampled": 1e6, "sampled": 1e6}
            intervals = {name: Interval(**found[name]) for name in scales if name in found}
            mark = "" if any(each.low > 0 for each in intervals.values()) else "**no gain**"
            cells = (_between(intervals[name], scale, 1) if name in found else "" for name, scale in scales.items())
            yield lever, service, *cells, mark


def _sizes(packages: Mapping[str, Mapping[str, int]]) -> Iterator[Sequence[str]]:
    for name, found in packages.items():
        yield name, f"{found['zipped']:,}", f"{found['unzipped']:,}", f"{found['files']:,}"


def _more(more: Mapping[str, Mapping[str, float]]) -> Iterator[Sequence[str]]:
    for what, found in more.items():
        yield what, _between(Interval(**found), 1e3, 2)
