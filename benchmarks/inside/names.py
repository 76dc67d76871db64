"""Names that both sides of a measurement know."""

from typing import Final

HANDLER: Final = "BENCHMARKS_HANDLER"  # the variable that names the handler of `benchmarks.inside.timed`
PROFILED: Final = "BENCHMARKS_PROFILED"  # that of `benchmarks.inside.profiled`
PART: Final = "benchmarks"  # the part of their responses that has what they measured
