import asyncio
from pathlib import Path
from typing import override

from local_aws.awslambda.environment import Environment
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from tests.local_aws.awslambda.gate import Gate
from tests.local_aws.awslambda.pools import PID, pool
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, sandbox
from tests.local_aws.processes import ended, watch


def test_closing_cancels_waiting_invocations() -> None:
    async def launch(_: object) -> Environment:
        raise AssertionError

    async def run() -> None:
        opened = Pool(launch, timeout=1, concurrency=1)
        outcome = opened.invoke(an_invocation())
        await opened.close()
        assert outcome.cancelled()

    asyncio.run(run())


def test_draining_finishes_running_invocations_then_ends_environments(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime, concurrency=1) as (opened, _):
            outcomes = [opened.invoke(an_invocation()) for _ in range(3)]
            await opened.drain()
            assert all(outcome.done() for outcome in outcomes)
            assert len({answered(outcome.result()) for outcome in outcomes}) == 1
            assert list((tmp_path / "environments").iterdir()) == []

    asyncio.run(run())


def test_closing_ends_running_invocations(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with sandbox(PID, tmp_path, runtime, timeout=60) as made:
            opened = Pool(made.launch, timeout=60, concurrency=1)
            process = watch(answered(await opened.invoke(an_invocation())))
            with Gate(tmp_path) as gate:
                under_way = opened.invoke(an_invocation(str(gate.path)))
                waiting = opened.invoke(an_invocation())
                await gate.arrived()
                await opened.close()
            assert under_way.cancelled()
            assert waiting.cancelled()
            assert await asyncio.to_thread(ended, process)

    asyncio.run(run())


def test_closing_during_a_start_leaves_no_environment(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with sandbox("import time; time.sleep(60)", tmp_path, runtime, timeout=60) as made:
            launched = asyncio.Event()

            async def launch(_: object) -> Environment:
                environment = await made.launch()
                launched.set()
                return environment

            opened = Pool(launch, timeout=60, concurrency=1)
            outcome = opened.invoke(an_invocation())
            await launched.wait()
            await opened.close()
            assert outcome.cancelled()
            assert list((tmp_path / "environments").iterdir()) == []

    asyncio.run(run())


class SlowToEnd(Environment):
    """An environment that dies at its first invocation and is slow to close."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()
        self.may_end = asyncio.Event()
        self.ended = False

    @property
    @override
    def alive(self) -> bool:
        return False

    @override
    async def initialise(self, limit: float, invocation: Invocation | None = None) -> None:
        return

    @override
    async def invoke(self, invocation: Invocation) -> Outcome:
        return Outcome(b"null")

    @override
    async def close(self) -> None:
        self.ending.set()
        await self.may_end.wait()
        self.ended = True


def test_closing_waits_for_ending_environments() -> None:
    async def run() -> None:
        slow = SlowToEnd()

        async def launch(_: object) -> Environment:
            return slow

        opened = Pool(launch, timeout=1, concurrency=1)
        opened.invoke(an_invocation())
        await slow.ending.wait()
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        slow.may_end.set()
        await closing
        assert slow.ended

    asyncio.run(run())
