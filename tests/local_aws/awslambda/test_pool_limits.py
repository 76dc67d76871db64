"""The time limits of a pool, on a clock that tests advance."""

import asyncio
from collections.abc import Coroutine
from typing import Any, override

import pytest

from local_aws.awslambda.environment import Environment, InitError
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from tests.local_aws.awslambda.sandboxes import an_invocation


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time a test may advance."""

    def __init__(self) -> None:
        self._skipped = 0.0
        super().__init__()

    @override
    def time(self) -> float:
        return super().time() + self._skipped

    async def skip(self, seconds: float) -> None:
        """Advance the time, and run what is due."""
        self._skipped += seconds
        for _ in range(10):  # turns of the loop: an end takes several
            await asyncio.sleep(0)


class Fake(Environment):
    """Records its time limit for INIT; responds once `response` is set."""

    def __init__(self, failing: tuple[Outcome, ...] = ()) -> None:
        self.limits: list[tuple[float, Invocation | None]] = []
        self.response = asyncio.Event()
        self.begun = 0
        self.ended = 0
        self._failing = list(failing)

    @property
    @override
    def age(self) -> float:
        return 0.0

    @property
    @override
    def alive(self) -> bool:
        return True

    @override
    async def initialise(self, limit: float, invocation: Invocation | None = None) -> None:
        self.limits.append((limit, invocation))
        if self._failing:
            raise InitError(self._failing.pop())

    @override
    async def invoke(self, invocation: Invocation) -> Outcome:
        self.begun += 1
        await self.response.wait()
        return Outcome(b"null")

    @override
    async def close(self) -> None:
        self.ended += 1


def a_pool(environment: Fake) -> Pool:
    async def launch(_: object) -> Environment:
        return environment

    return Pool(launch, timeout=7, concurrency=1)


def run_on_clock(run: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=Clock) as runner:
        runner.run(run)


async def skip(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clock)
    await loop.skip(seconds)


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
@pytest.mark.parametrize("kind", ["Sandbox.Timedout", "Runtime.ExitError", "ValueError"])
def test_init_has_10_s_and_its_retry_the_function_timeout(kind: str) -> None:
    async def run() -> None:
        fake = Fake(failing=(Outcome.error(kind, "no"),))
        fake.response.set()
        opened, invocation = a_pool(fake), an_invocation()
        assert (await opened.invoke(invocation)).error_type is None
        assert fake.limits == [(10.0, None), (7, invocation)]
        assert (fake.begun, fake.ended) == (1, 1)
        await opened.close()

    run_on_clock(run())


def test_idle_environment_is_kept_for_10_minutes() -> None:
    async def run() -> None:
        fake = Fake()
        fake.response.set()
        opened = a_pool(fake)
        await opened.invoke(an_invocation())
        await skip(599)
        assert fake.ended == 0
        await skip(2)
        assert fake.ended == 1

    run_on_clock(run())


@pytest.mark.parametrize(("seconds", "error"), [(29, None), (31, "TooManyRequestsException")])
def test_request_waits_for_30_seconds(seconds: float, error: str | None) -> None:
    async def run() -> None:
        fake = Fake()
        opened = a_pool(fake)
        busy, waiting = opened.invoke(an_invocation()), opened.invoke(an_invocation())
        await skip(0)
        await skip(seconds)
        assert fake.begun == 1
        fake.response.set()
        assert (await busy).error_type is None
        assert (await waiting).error_type == error
        await opened.close()

    run_on_clock(run())
