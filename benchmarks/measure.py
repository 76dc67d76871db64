"""Cold starts and warm invocations of subjects, in random order in one run."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.process import BenchmarkError, Launched
from benchmarks.store import Store
from benchmarks.subjects import Measured

SAMPLED: Final = "Root=1-5759e988-#;Parent=53995c3f42cd8ad8;Sampled=1"
UNSAMPLED: Final = SAMPLED[:-1] + "0"
OK: Final = 200
BLOCK: Final = 100  # warm invocations of a subject before it is another's turn
WARM_UP: Final = 300  # invocations until caches are filled
_SEED: Final = 7

type Show = Callable[[str], None]


@dataclass(frozen=True)
class Cold:
    """A cold start: seconds and CPU seconds of INIT and of the first invocation, and the peak memory in bytes."""

    init: float
    init_cpu: float
    first: float
    first_cpu: float
    rss: int

    @property
    def wall(self) -> float:
        """Seconds from the start of the process to its first response."""
        return self.init + self.first

    @property
    def cpu(self) -> float:
        """CPU seconds from the start of the process to its second request for an invocation."""
        return self.init_cpu + self.first_cpu


@dataclass(frozen=True)
class Block:
    """Seconds and CPU seconds of consecutive warm invocations."""

    seconds: list[float]
    cpu: list[float]


@contextmanager
def launched(measured: Sequence[Measured]) -> Iterator[list[Launched]]:
    """Yield a launcher for each subject."""
    with ExitStack() as stack:
        yield [stack.enter_context(Launched(each.subject)) for each in measured]


def cold_start(launcher: Launched, measured: Measured, trace: str = SAMPLED) -> Cold:
    """Start a process, invoke it once, and end it.

    Raises:
        BenchmarkError: The response is not a 200.
    """
    init = launcher.start()
    first = invoked(launcher, measured, trace)
    return Cold(init["seconds"], init["cpu"], first["seconds"][0], first["cpu"][0], launcher.end()["rss"])


def invoked(launcher: Launched, measured: Measured, trace: str, times: int = 1) -> dict[str, Any]:
    """Invoke a started process several times, as `Launched.invoke` does.

    Raises:
        BenchmarkError: The last response is not a 200.
    """
    result = launcher.invoke(measured.event, trace, times)
    if json.loads(result["response"]).get("statusCode") != OK:
        raise BenchmarkError(f"{measured.name}: {result['response'][:600]}\n{launcher.output.read_text()[-2000:]}")
    return result


def verify(measured: Measured, store: Store) -> None:
    """Run a sampled cold start, and check that it leaves what it must.

    Raises:
        BenchmarkError: Its span did not arrive at X-Ray's daemon, or it wrote no log line or no metrics.
    """
    store.datagrams = []
    with launched([measured]) as [launcher]:
        cold_start(launcher, measured)
        if not measured.telemetry:
            return
        text = launcher.output.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    missing = [
        what
        for what, found in {
            "span": store.received(b"## handler"),
            "log line of the request": any(line.get("status") == OK and "_aws" not in line for line in lines),
            "metrics": any("_aws" in line for line in lines),
        }.items()
        if not found
    ]
    if missing:
        raise BenchmarkError(f"{measured.name}: a sampled request left no {' and no '.join(missing)}:\n{text[-3000:]}")


def cold_starts(measured: Sequence[Measured], rounds: int, show: Show) -> dict[str, list[Cold]]:
    """Return the cold starts of each subject: one in each round, in another order each time.

    Call it when something has read the subjects' files already, such as `verify`, or has just written them.
    """
    order = random.Random(_SEED)  # noqa: S311 - the order need not be secret
    found: dict[str, list[Cold]] = {each.name: [] for each in measured}
    with launched(measured) as launchers:
        turns = list(zip(launchers, measured, strict=True))
        for number in range(1, rounds + 1):
            order.shuffle(turns)
            for launcher, each in turns:
                show(f"cold starts, round {number} of {rounds}: {each.name}")
                found[each.name].append(cold_start(launcher, each))
    return found


def warm_invocations(
    measured: Sequence[Measured], blocks: int, show: Show, *, block: int = BLOCK, warm_up: int = WARM_UP
) -> dict[str, dict[str, list[Block]]]:
    """Return blocks of warm invocations of each subject, unsampled and sampled, in random order."""
    order = random.Random(_SEED)  # noqa: S311 - the order need not be secret
    found: dict[str, dict[str, list[Block]]] = {each.name: {"unsampled": [], "sampled": []} for each in measured}
    with launched(measured) as launchers:
        for launcher, each in zip(launchers, measured, strict=True):
            show(f"warming up: {each.name}")
            launcher.start()
            for trace in (UNSAMPLED, SAMPLED):
                invoked(launcher, each, trace, warm_up)
        turns = [
            (launcher, each, kind, trace)
            for launcher, each in zip(launchers, measured, strict=True)
            for kind, trace in (("unsampled", UNSAMPLED), ("sampled", SAMPLED))
        ]
        for number in range(1, blocks + 1):
            order.shuffle(turns)
            for launcher, each, kind, trace in turns:
                show(f"warm invocations, block {number} of {blocks}: {each.name}")
                result = invoked(launcher, each, trace, block)
                found[each.name][kind].append(Block(result["seconds"], result["cpu"]))
    return found
