"""Names that both sides of a measurement know."""

from typing import Final

HANDLER: Final = "BENCHMARKS_HANDLER"  # the variable that names the handler of `benchmarks.inside.timed`
PART: Final = "benchmarks"  # the part of its response that has the seconds and the CPU seconds
