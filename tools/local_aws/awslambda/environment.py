"""One execution environment: runs a function's code in a process and serves one invocation at a time.

Life cycle: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
"""

import asyncio
import secrets
import shutil
import time
import uuid
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from local_aws.awslambda.host import Host
from local_aws.awslambda.invocation import Invocation, Outcome, Record
from local_aws.awslambda.mounts import LAMBDA, Folders
from local_aws.awslambda.platform_log import FunctionLog
from local_aws.awslambda.process_variables import process_variables
from local_aws.awslambda.runtime_api import Dispatch, RuntimeApi
from local_aws.awslambda.sandbox_process import SandboxProcess
from local_aws.model.deployment import Function, InitializationType
from local_aws.xray.trace import FunctionTrace

RESTORE_LIMIT = 10.0  # seconds: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html


class InitError(Exception):
    """The environment failed to initialise or to be restored; `outcome` is the caller's response."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error_type)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class View:
    """An environment as it is at one moment; `launched` in seconds since the epoch, `max_memory` in MB."""

    name: str
    state: Literal["initialising", "idle", "busy"]
    pid: int
    launched: float
    invocations: int
    max_memory: int


class Environment:
    """An execution environment: created by `launch`, ready after `initialise`, ended by `close`.

    With SnapStart it waits after `initialise`, as the process in a snapshot does, and is ready after `restore`.
    """

    def __init__(
        self,
        function: Function,
        kind: InitializationType,
        host: Host,
        *,
        tmp: Path,
        access_key_id: str,
        log: FunctionLog,
        api: RuntimeApi,
        process: SandboxProcess,
    ) -> None:
        self._function = function
        self._kind = kind
        self._host = host
        self._tmp = tmp
        self._access_key_id = access_key_id
        self._log = log
        self._api = api
        self._process = process
        self._busy = False
        self._launched = time.time()
        self._init: tuple[float, float] | None = None
        self._restore: tuple[float, float] | None = None
        self._began: float | None = None
        self._initialised = False
        self._invocations = 0

    @classmethod
    async def launch(
        cls, function: Function, task: Path, opt: Path, host: Host, kind: InitializationType = "on-demand"
    ) -> Self:
        """Start the process; its initialisation has begun when this returns."""
        credentials = await asyncio.to_thread(host.credentials, function.role, function.name)
        identity = secrets.token_hex(16)
        folders = Folders(task, opt, host.runtime, host.work / "environments" / identity)
        # Named like Lambda's log streams: date, version, environment.
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{identity}"
        async with AsyncExitStack() as undo:
            if not host.mounts:
                folders.tmp.mkdir(parents=True)
                undo.callback(shutil.rmtree, folders.tmp)
            log = undo.enter_context(closing(FunctionLog(host.work / "logs", function, stream, host.deliver, kind)))
            api = RuntimeApi(credentials)
            undo.push_async_callback(api.close)
            variables = process_variables(
                function,
                LAMBDA if host.mounts else folders,
                kind=kind,
                credentials_token=api.token,
                runtime_api=await api.start(),
                xray_daemon=host.xray_daemon,
                log_stream=stream,
                credentials=credentials,
                endpoint=host.endpoint,
            )
            process = await SandboxProcess.start(
                function.handler,
                folders,
                tmp_size=function.ephemeral_storage if host.mounts else None,
                variables=variables,
                write=log.write,
            )
            undo.pop_all()
        key = credentials.access_key_id
        return cls(function, kind, host, tmp=folders.tmp, access_key_id=key, log=log, api=api, process=process)

    @property
    def alive(self) -> bool:
        """Return whether the runtime waits for an invocation."""
        return not self._busy and self._process.running

    @property
    def age(self) -> float:
        """Seconds since it got its credentials, by the wall clock: they also expire while the machine sleeps."""
        return time.time() - self._launched

    @property
    def view(self) -> View:
        """The environment as it is now."""
        return View(
            name=self._log.stream,
            state="busy" if self._busy else "idle" if self._initialised else "initialising",
            pid=self._process.pid,
            launched=self._launched,
            invocations=self._invocations,
            max_memory=self._process.max_memory(),
        )

    async def initialise(self, limit: float, invocation: Invocation | None = None) -> None:
        """Wait at most `limit` seconds for the function's initialisation, as a part of `invocation` if there is one.

        Raises:
            InitError: it reported an error, ended, or took too long.
        """
        phase = "invoke" if invocation else "init"
        self._log.init_start(phase, *self._identity)
        prefix = f"RequestId: {invocation.request_id} " if invocation else ""
        error = await self._started(self._api.initialised, limit, prefix)
        span = self._launched, time.time()
        self._log.init_end(_milliseconds(span), phase, error.error_type if error else None)
        if error is not None:
            if invocation:
                self._log.start(invocation.request_id)
                trace = FunctionTrace.begin(invocation.trace, active=self._function.active_tracing)
                error = self._finished(invocation, trace, span[0], error)
            raise InitError(error)
        if invocation:
            self._began = span[0]  # Its time counts as that of the invocation, not of INIT.
        elif self._kind == "on-demand":
            self._init = span  # No invocation waits for the others.
        self._initialised = True

    async def restore(self) -> None:
        """Let the process go on as Lambda does with one from a snapshot: wait for the hooks that run then.

        Raises:
            InitError: A hook failed, the process ended, or it took too long.
        """
        began = time.time()
        self._log.restore_start(*self._identity)
        error = await self._started(self._api.restore(), RESTORE_LIMIT, "")
        self._restore = began, time.time()
        self._log.restore_end(_milliseconds(self._restore), error.error_type if error else None)
        if error is not None:
            raise InitError(error)

    @property
    def _identity(self) -> tuple[str, str]:
        """The ids of the environment and of its runtime: AWS numbers its builds, ours is that of the client."""
        runtime = f"{self._function.runtime.replace('python', 'python:')}.{self._host.runtime.name}"
        return str(uuid.UUID(self._log.stream[-32:])), runtime

    async def _started(self, done: asyncio.Future[Outcome | None], limit: float, prefix: str) -> Outcome | None:
        """Wait at most `limit` seconds for a phase of the start; return its error, or None."""
        process = self._process
        with process.memory_limit(self._function.memory):
            await _first(done, process.exited, limit)
        if done.done():
            error = done.result()
        elif process.exited.done():
            error = Outcome.error("Runtime.ExitError", f"{prefix}Error: {process.end}")
        else:
            await self._kill()
            error = Outcome.error("Sandbox.Timedout", f"{prefix}Error: Task timed out after {limit:.2f} seconds")
        process.max_memory()  # The figure is lost when the process ends.
        process.drain()
        return error

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Invoke the function; return when the runtime requests the next event, ends, or times out."""
        function, process = self._function, self._process
        trace = FunctionTrace.begin(invocation.trace, active=function.active_tracing)
        began, self._began = self._began or time.time(), None
        deadline = began + function.timeout
        self._busy = True
        self._invocations += 1
        self._log.start(invocation.request_id)
        dispatch = Dispatch(invocation, function.arn, str(trace.header), int(deadline * 1000))
        answer, idle = self._api.dispatch(dispatch)
        with process.memory_limit(function.memory):
            await _first(answer, process.exited, deadline - time.time())
            if answer.done():
                await _first(idle, process.exited, deadline - time.time())
        timed_out = not answer.done() and not process.exited.done()
        # It may have exceeded its memory between two checks. Lambda would have killed it before it responded.
        overrun = process.max_memory() > function.memory
        if timed_out or overrun:
            await self._kill()
        process.drain()
        if answer.done() and not overrun:
            outcome = answer.result()
        elif timed_out:
            text = f"Task timed out after {function.timeout:.2f} seconds"
            outcome = self._failure(invocation, "Sandbox.Timedout", text)
        else:
            outcome = self._failure(invocation, "Runtime.ExitError", process.end)
        self._busy = not idle.done()
        return self._finished(invocation, trace, began, outcome)

    def _finished(self, invocation: Invocation, trace: FunctionTrace, began: float, outcome: Outcome) -> Outcome:
        """Write the report and the segments; return the outcome with its record."""
        function = self._function
        record = Record(
            function=function.name,
            environment=self._log.stream,
            request_id=invocation.request_id,
            access_key_id=self._access_key_id,
            trace_id=trace.incoming.root,
            sampled=trace.sampled,
            began=began,
            ended=time.time(),
            init_ms=_milliseconds(self._init) if self._init else None,
            restore_ms=_milliseconds(self._restore) if self._restore else None,
            max_memory=min(self._process.peak, function.memory),
            error_type=outcome.error_type,
        )
        self._log.report(record, trace.function_id, len(outcome.payload))
        for document in trace.documents(
            function.name,
            function.arn,
            invocation.request_id,
            span=(began, record.ended),
            init=self._init,
            restore=self._restore,
            failure=outcome.failure,
        ):
            self._host.traces.add(document)
        self._init = self._restore = None
        return replace(outcome, record=replace(record, logs=self._log.take()))

    async def _kill(self) -> None:
        """End the process before its output is read, because it may print faster than it is read."""
        self._process.kill()
        await self._process.exited

    async def close(self) -> None:
        """End the process and its children, and delete its folder; only the log remains."""
        await self._process.close()
        await self._api.close()
        self._log.close()
        shutil.rmtree(self._tmp, ignore_errors=True)

    def _failure(self, invocation: Invocation, kind: str, text: str) -> Outcome:
        self._log.failure(invocation.request_id, text)
        return Outcome.error(kind, f"RequestId: {invocation.request_id} Error: {text}")


async def _first(answer: asyncio.Future[Any], exited: asyncio.Task[int], seconds: float) -> None:
    """Wait for a response, the end of the process, or the timeout; the caller checks which came first."""
    waiting: set[asyncio.Future[Any]] = {answer, exited}
    await asyncio.wait(waiting, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)


def _milliseconds(span: tuple[float, float]) -> float:
    return (span[1] - span[0]) * 1000
