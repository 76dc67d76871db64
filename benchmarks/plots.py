"""Draw the plots of results.json as SVG: plots.py RESULTS IMAGES. Runs in benchmarks/.venv, which has matplotlib."""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]

mpl.use("svg")
# The same results give the same files.
mpl.rcParams["svg.hashsalt"] = "benchmarks"
mpl.rcParams["font.size"] = 9
mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False

from matplotlib import pyplot as plt  # noqa: E402 - after the choice of the format

OTHERS = "#b8c4d0"
WIDTH = 8.5  # inches


def save(figure: Any, file: Path) -> None:
    """Write a figure without its date."""
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def cold_starts(results: dict[str, Any], folder: Path) -> None:
    """Draw the cold starts of each subject as points, and their medians."""
    subjects = sorted(results["cold"].items(), key=lambda item: -median(item[1]["wall"]))
    figure, axis = plt.subplots(figsize=(WIDTH, 0.36 * len(subjects) + 0.9))
    for at, (name, found) in enumerate(subjects):
        milliseconds = [seconds * 1e3 for seconds in found["wall"]]
        axis.plot(milliseconds, [at] * len(milliseconds), "o", color=colour(results, name), alpha=0.45, markersize=4)
        middle = median(milliseconds)
        axis.plot([middle, middle], [at - 0.35, at + 0.35], color="black", linewidth=1.5)
        axis.annotate(f"{middle:.0f}", (max(milliseconds), at), (5, -3), textcoords="offset points", fontsize=8)
    axis.set_yticks(range(len(subjects)), [name for name, _ in subjects])
    axis.set_xlim(left=0)
    axis.set_xlabel("from the start of the process to its first response, ms (line: median)")
    save(figure, folder / "bench-cold-starts.svg")


def colour(results: dict[str, Any], name: str) -> str:
    """Return the colour of a subject: the product's, or that of the others."""
    return "#d1495b" if name in results["product"] else OTHERS


def warm(results: dict[str, Any], folder: Path) -> None:
    """Draw the distribution of warm invocations of each subject."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.6), sharey=True)
    for axis, kind in zip(axes, ("unsampled", "sampled"), strict=True):
        inside = {name: kinds for name, kinds in results["warm"].items() if name not in results["outside"]}
        for number, (name, kinds) in enumerate(inside.items()):
            shown = [seconds * 1e6 for seconds in kinds[kind]["quantiles"][:99]]
            line = "-" if name in results["product"] else "--"
            axis.plot(shown, range(len(shown)), line, color=f"C{number % 10}", label=name, linewidth=1.3)
        axis.set_xscale("log")
        axis.set_xlabel(f"warm invocation, {kind}, µs")
    axes[0].set_ylabel("invocations that took no longer, %")
    axes[1].legend(fontsize=7, frameon=False, loc="lower right")
    save(figure, folder / "bench-warm.svg")


def breakdown(results: dict[str, Any], folder: Path) -> None:
    """Draw what the CPU time of a cold start is used for."""
    subjects = sorted(results["breakdown"].items(), key=lambda item: -sum(item[1].values()))
    totals: dict[str, float] = {}
    for _, parts in subjects:
        for part, seconds in parts.items():
            totals[part] = totals.get(part, 0.0) + seconds
    ordered = sorted(totals, key=lambda part: -totals[part])
    figure, axis = plt.subplots(figsize=(WIDTH, 0.36 * len(subjects) + 1.9))
    left = [0.0] * len(subjects)
    colours = mpl.colormaps["tab20"].colors
    for number, part in enumerate(ordered):
        widths = [parts.get(part, 0.0) * 1e3 for _, parts in subjects]
        axis.barh(range(len(subjects)), widths, left=left, label=part, color=colours[number % 20], height=0.7)
        left = [one + other for one, other in zip(left, widths, strict=True)]
    axis.set_yticks(range(len(subjects)), [name for name, _ in subjects])
    axis.set_xlabel("CPU time of INIT and the first invocation, ms")
    figure.legend(*axis.get_legend_handles_labels(), ncols=4, fontsize=7, frameon=False, loc="lower center")
    figure.tight_layout(rect=(0, 0.9 / figure.get_figheight(), 1, 1))
    figure.savefig(folder / "bench-breakdown.svg", metadata={"Date": None})
    plt.close(figure)


def ablation(results: dict[str, Any], folder: Path) -> None:
    """Draw what a cold start takes more without each lever."""
    rows = [
        (f"{lever} ({service})", found["cpu"])
        for lever, services in results["ablation"].items()
        for service, found in services.items()
    ]
    rows.sort(key=lambda row: row[1]["value"])
    figure, axis = plt.subplots(figsize=(WIDTH, 0.26 * len(rows) + 0.9))
    for at, (_, found) in enumerate(rows):
        axis.plot([found["low"] * 1e3, found["high"] * 1e3], [at, at], color=OTHERS, linewidth=4)
        axis.plot(found["value"] * 1e3, at, "o", color="#d1495b", markersize=4)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7)
    axis.set_xlabel("a cold start without the lever takes more, CPU ms (bar: 95 % interval)")
    save(figure, folder / "bench-ablation.svg")


def main() -> None:
    """Draw all plots."""
    results = json.loads(Path(sys.argv[1], "results.json").read_text())
    for draw in (cold_starts, warm, breakdown, ablation):
        draw(results, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
