"""The execution environments of one function: as many as requests need at once, up to a bound.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html. A request takes the environment used most
recently, or a new one when all are busy; beyond the bound, requests wait in order of arrival.
"""

import asyncio
from collections.abc import Awaitable, Callable

from local_aws.environment import Environment, InitError
from local_aws.invocation import Invocation, Outcome

INIT_LIMIT = 10.0  # seconds: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html


class Pool:
    """Serves invocations of one version of a function; `timeout` is the function's, in seconds."""

    def __init__(self, launch: Callable[[], Awaitable[Environment]], *, timeout: float, concurrency: int) -> None:
        self._launch = launch
        self._timeout = timeout
        self._slots = asyncio.Semaphore(concurrency)
        self._idle: list[Environment] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Begin an invocation; it runs to its end even when nobody waits for the future any longer."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._serve(invocation, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return outcome

    async def drain(self) -> None:
        """End every environment once all invocations are answered; nothing may be invoked afterwards."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        while self._idle:
            await self._end(self._idle.pop())
        if self._ending:
            await asyncio.wait(set(self._ending))

    async def close(self) -> None:
        """End every environment now; invocations under way are cancelled."""
        for task in self._tasks:
            task.cancel()
        await self.drain()

    async def _serve(self, invocation: Invocation, outcome: asyncio.Future[Outcome]) -> None:
        try:
            result = await self._result(invocation)
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours is for the request that waits for the outcome
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    async def _result(self, invocation: Invocation) -> Outcome:
        async with self._slots:
            try:
                environment = await self._ready()
            except InitError as error:
                return error.outcome
            try:
                return await environment.invoke(invocation)
            finally:
                if environment.alive:
                    self._idle.append(environment)
                else:
                    await self._end(environment)

    async def _ready(self) -> Environment:
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                return environment
            await self._end(environment)
        try:
            return await self._initialised(INIT_LIMIT, "init")
        except InitError:
            # Lambda tries again as part of the invocation, which then has the function's timeout.
            return await self._initialised(self._timeout, "invoke")

    async def _initialised(self, limit: float, phase: str) -> Environment:
        environment = await self._launch()
        try:
            await environment.initialise(limit, phase)
        except BaseException:
            await self._end(environment)
            raise
        return environment

    async def _end(self, environment: Environment) -> None:
        """Close an environment, to the end even when the invocation that this is a part of is cancelled."""
        task = asyncio.create_task(environment.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        await asyncio.shield(task)
