"""The Makefile, and the parts that it includes."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def makefiles() -> str:
    """Return the text of the Makefile and of its parts, without those of single services."""
    parts = [*sorted((ROOT / "make").glob("*.mk")), *ROOT.glob("benchmarks/targets.mk")]
    return "\n".join(path.read_text() for path in [ROOT / "Makefile", *parts])
