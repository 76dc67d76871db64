"""Draws the series of `python -m benchmarks.simulation`; runs in the benchmarks' own environment."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl  # type: ignore[import-not-found]

mpl.use("Agg")
from matplotlib import pyplot as plt

COLOURS: Final = {"requests": "#9aa5b1", "environments": "#2563eb", "cold": "#d97706", "throttled": "#dc2626"}
LABELS: Final = {
    "requests": "requests a second",
    "environments": "environments",
    "cold": "cold starts a second",
    "throttled": "throttled a second",
}
HOURS: Final = 7_200.0  # from this length on, the axis has hours


def draw(series: dict[str, Any], image: Path) -> None:
    """Draw one panel for each load and choice of provisioned environments."""
    rows = (len(series) + 1) // 2
    figure, panels = plt.subplots(rows, 2, figsize=(11, 2.7 * rows), constrained_layout=True)
    for panel, (name, lines) in zip(panels.flat, series.items(), strict=True):
        unit, seconds = ("hours", 3600) if lines["second"][-1] > HOURS else ("seconds", 1)
        at = [second / seconds for second in lines["second"]]
        for line, colour in COLOURS.items():
            panel.plot(at, lines[line], color=colour, label=LABELS[line], drawstyle="steps-post", linewidth=1.3)
        panel.set_yscale("symlog", linthresh=1)
        panel.set_ylim(bottom=0)
        panel.set_title(name, fontsize=10, loc="left")
        panel.set_xlabel(unit, fontsize=8)
        panel.tick_params(labelsize=8)
        panel.grid(alpha=0.25)
    panels.flat[0].legend(fontsize=8, loc="center right")
    # Without the date and the version of the library, so that the same series give the same bytes.
    figure.savefig(image, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
