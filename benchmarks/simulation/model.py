"""Environments of one Lambda function, by the rules that AWS publishes.

- An environment serves one request at a time and is used again afterwards:
  https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
- If none is free, a new one starts, unless the quota of concurrent executions or the scaling rate is exhausted: 1,000
  environments every 10 seconds, refilled continuously and never accumulated beyond that:
  https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
- AWS also says "or 10,000 requests a second every 10 seconds", and ten requests a second for each environment. Neither
  decides at the rates of the loads here, and both are left out.
- Otherwise the request fails with 429. Nothing waits in a queue, because API Gateway invokes synchronously.
- Provisioned environments are initialised in advance, serve first, and never end:
  https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html

AWS does not publish how long an unused environment lives. It is a parameter, and the environment that was used last is
used next, so that the others can end.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

SCALING_RATE: Final = 1_000
SCALING_SECONDS: Final = 10.0
FAR: Final = float("inf")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A function and its account.

    Attributes:
        mean_seconds: Mean duration of a request, which is exponentially distributed.
        init_seconds: Added to a request that starts an environment.
        quota: Concurrent executions.
        provisioned: Environments that are initialised in advance.
        scaling: Environments that may start in ten seconds.
        idle_seconds: How long an unused environment lives.
    """

    mean_seconds: float
    init_seconds: float
    quota: int = 1_000
    provisioned: int = 0
    scaling: float = SCALING_RATE
    idle_seconds: float = 600.0


@dataclass
class Outcome:
    """What happened to all requests, and in each second of the run.

    Attributes:
        requests: Number of requests.
        cold: Those that waited for an environment to start.
        throttled: Those that failed with 429.
        busy_seconds: Sum of the time that environments were busy.
        most: The largest number of environments at once.
        arrived_in: Second => requests.
        cold_in: Second => cold starts.
        throttled_in: Second => requests that failed.
        environments_in: Second => the largest number of environments.
    """

    requests: int = 0
    cold: int = 0
    throttled: int = 0
    busy_seconds: float = 0.0
    most: int = 0
    arrived_in: Counter[int] = field(default_factory=Counter)
    cold_in: Counter[int] = field(default_factory=Counter)
    throttled_in: Counter[int] = field(default_factory=Counter)
    environments_in: dict[int, int] = field(default_factory=dict)


class _Environments:
    """Those that exist: provisioned and free, free since a time, and busy until a time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._provisioned = rules.provisioned
        self._free: deque[float] = deque()  # since when; the last one is used next
        self._busy: list[tuple[float, bool]] = []

    def __len__(self) -> int:
        return self._provisioned + len(self._free) + len(self._busy)

    @property
    def busy(self) -> int:
        return len(self._busy)

    def advance(self, now: float) -> None:
        """Free those whose request has ended, and end those that were unused too long."""
        while self._busy and self._busy[0][0] <= now:
            since, provisioned = heapq.heappop(self._busy)
            if provisioned:
                self._provisioned += 1
            else:
                self._free.append(since)
        while self._free and self._free[0] + self._rules.idle_seconds <= now:
            self._free.popleft()

    def take(self) -> bool | None:
        """Take a free one and return whether it is provisioned, or return None."""
        if self._provisioned:
            self._provisioned -= 1
            return True
        if self._free:
            self._free.pop()
            return False
        return None

    def occupy(self, until: float, *, provisioned: bool) -> None:
        heapq.heappush(self._busy, (until, provisioned))


def simulate(arrivals: Iterable[float], rules: Rules, seed: int = 1) -> Outcome:
    """Return what happens to requests that arrive at these times, in seconds and in order."""
    source = random.Random(f"durations {seed}")  # noqa: S311 - a simulation
    outcome, environments = Outcome(), _Environments(rules)
    tokens, refilled = float(rules.scaling), 0.0
    for now in arrivals:
        second = int(now)
        environments.advance(now)
        outcome.requests += 1
        outcome.arrived_in[second] += 1
        duration = source.expovariate(1 / rules.mean_seconds)
        provisioned = environments.take()
        if provisioned is None:
            tokens = min(rules.scaling, tokens + (now - refilled) * rules.scaling / SCALING_SECONDS)
            refilled = now
            if tokens < 1 or environments.busy >= rules.quota:
                outcome.throttled += 1
                outcome.throttled_in[second] += 1
                continue
            tokens -= 1
            duration += rules.init_seconds
            outcome.cold += 1
            outcome.cold_in[second] += 1
        environments.occupy(now + duration, provisioned=bool(provisioned))
        outcome.busy_seconds += duration
        outcome.most = max(outcome.most, len(environments))
        outcome.environments_in[second] = max(outcome.environments_in.get(second, 0), len(environments))
    return outcome
