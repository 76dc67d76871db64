"""The execution environments of one function: as many as requests need at once, up to a bound.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html. A request takes the environment used most
recently, or a new one when all are busy; beyond the bound, requests wait in order of arrival. Beyond the function's
reserved concurrency they are rejected. Lambda does not say how long it keeps an idle environment, and ends a busy one
"every several hours": https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.

Provisioned environments are initialised in advance, and replaced when they end. With SnapStart one environment is
initialised in advance and waits in the place of the snapshot, from which Lambda would start any number: when a request
restores it, the next one is initialised.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from local_aws.awslambda.environment import Environment, InitError, View
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.iam.credentials import SECONDS
from local_aws.model.deployment import InitializationType

INIT_LIMIT = 10.0  # seconds: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
WAIT_LIMIT = 30.0  # seconds: by then the gateway has responded to the client itself
IDLE_LIMIT = 600.0  # seconds
AGE_LIMIT = SECONDS - 3600.0  # seconds: no invocation, of 15 minutes at most, outlives its environment's credentials
THROTTLED = Outcome.error("TooManyRequestsException", "Rate Exceeded.")


class Pool:
    """Serves invocations of one version of a function.

    Args:
        launch: Starts a new environment, in the given way.
        timeout: The function's, in seconds.
        concurrency: The largest number of environments, if the function has no reserved concurrency.
        reserved: The function's reserved concurrency, which is then the bound; further invocations are rejected.
        provisioned: How many environments `prepare` initialises in advance.
        snap_start: Whether environments are restored.
        wait_limit: Seconds after which an invocation that has not started is dropped.
        idle_limit: Seconds after which an idle environment is ended.
        age_limit: Seconds after which an environment gets no further invocation.
    """

    def __init__(
        self,
        launch: Callable[[InitializationType], Awaitable[Environment]],
        *,
        timeout: float,
        concurrency: int,
        reserved: int | None = None,
        provisioned: int = 0,
        snap_start: bool = False,
        wait_limit: float = WAIT_LIMIT,
        idle_limit: float = IDLE_LIMIT,
        age_limit: float = AGE_LIMIT,
    ) -> None:
        self._launch = launch
        self._timeout = timeout
        self._slots = asyncio.Semaphore(reserved or concurrency)
        self._reserved = reserved
        self._provisioned = provisioned
        self._snap_start = snap_start
        self._wait_limit = wait_limit
        self._idle_limit = idle_limit
        self._age_limit = age_limit
        self._environments: list[Environment] = []
        self._idle: dict[Environment, asyncio.TimerHandle | None] = {}  # the most recently used one last
        self._in_advance: set[Environment] = set()  # provisioned ones, or the one that waits to be restored
        self._preparing: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def environments(self) -> list[View]:
        """Return the environments, the oldest first."""
        return [environment.view for environment in self._environments]

    def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Start an invocation. It runs to its end even when the future is cancelled."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if self._reserved is not None and len(self._tasks) >= self._reserved:
            outcome.set_result(THROTTLED)
            return outcome
        task = asyncio.create_task(self._serve(invocation, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: outcome.cancel())  # For a task that was cancelled before it began.
        return outcome

    async def prepare(self) -> None:
        """Initialise the environments that the function has in advance, and wait for them.

        Raises:
            InitError: One of them failed. Requests will initialise environments themselves.
        """
        missing = (1 if self._snap_start else self._provisioned) - len(self._in_advance)
        kind: InitializationType = "snap-start" if self._snap_start else "provisioned-concurrency"
        results = await asyncio.gather(
            *(self._initialised(INIT_LIMIT, kind=kind) for _ in range(missing)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                continue
            self._in_advance.add(result)
            if not self._snap_start:
                self._idle[result] = None
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def prepared(self) -> None:
        """Wait until environments that replace ended ones are initialised."""
        while self._preparing:
            await asyncio.wait(set(self._preparing))

    def _begin_to_prepare(self) -> None:
        task = asyncio.create_task(self._prepare_again())
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare_again(self) -> None:
        # The function's log has the reason. The next request tries again, and its caller gets the error.
        with contextlib.suppress(InitError):
            await self.prepare()

    async def drain(self) -> None:
        """End every environment after all invocations have ended; the pool must not be used afterwards."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        self._provisioned, self._snap_start = 0, False
        if self._preparing:
            for task in self._preparing:
                task.cancel()
            await asyncio.wait(set(self._preparing))
        for environment in self._in_advance - set(self._idle):
            await self._end(environment)
        while self._idle:
            await self._end(self._take_idle())
        if self._ending:
            await asyncio.wait(set(self._ending))

    async def close(self) -> None:
        """End every environment now; running invocations are cancelled."""
        for task in self._tasks:
            task.cancel()
        await self.drain()

    async def _serve(self, invocation: Invocation, outcome: asyncio.Future[Outcome]) -> None:
        try:
            result = await self._result(invocation)
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - passed to the request that waits for the outcome
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    async def _result(self, invocation: Invocation) -> Outcome:
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        async with self._slots:
            if loop.time() - arrived > self._wait_limit:
                return THROTTLED
            try:
                environment = await self._ready(invocation)
            except InitError as error:
                return error.outcome
            try:
                return await environment.invoke(invocation)
            finally:
                if self._usable(environment):
                    kept = environment in self._in_advance
                    self._idle[environment] = (
                        None if kept else loop.call_later(self._idle_limit, self._reap, environment)
                    )
                else:
                    await self._end(environment)

    async def _ready(self, invocation: Invocation) -> Environment:
        while self._idle:
            environment = self._take_idle()
            if self._usable(environment):
                return environment
            await self._end(environment)
        if self._snap_start:
            return await self._restored()
        try:
            return await self._initialised(INIT_LIMIT)
        except InitError:
            # Lambda tries again as part of the invocation, which then has the function's timeout.
            return await self._initialised(self._timeout, invocation)

    async def _restored(self) -> Environment:
        """Return the environment that waits, or a new one, restored."""
        if not self._in_advance:
            await self.prepare()
        environment = self._in_advance.pop()
        self._begin_to_prepare()
        try:
            await environment.restore()
        except BaseException:
            await self._end(environment)
            raise
        return environment

    def _usable(self, environment: Environment) -> bool:
        return environment.alive and environment.age < self._age_limit

    def _take_idle(self) -> Environment:
        environment, reaping = self._idle.popitem()
        if reaping is not None:
            reaping.cancel()
        return environment

    def _reap(self, environment: Environment) -> None:
        del self._idle[environment]
        self._begin_to_end(environment)

    async def _initialised(
        self, limit: float, invocation: Invocation | None = None, kind: InitializationType = "on-demand"
    ) -> Environment:
        environment = await self._launch(kind)
        self._environments.append(environment)
        try:
            await environment.initialise(limit, invocation)
        except BaseException:
            await self._end(environment)
            raise
        return environment

    async def _end(self, environment: Environment) -> None:
        """Close an environment, even when the invocation that closes it is cancelled."""
        await asyncio.shield(self._begin_to_end(environment))

    def _begin_to_end(self, environment: Environment) -> asyncio.Task[None]:
        self._environments.remove(environment)
        if environment in self._in_advance:
            self._in_advance.discard(environment)
            if self._provisioned:
                self._begin_to_prepare()
        task = asyncio.create_task(environment.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task
