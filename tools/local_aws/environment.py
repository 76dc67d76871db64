"""One execution environment: runs a function's code in a process and serves one invocation at a time.

Life: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
"""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from local_aws.deployment import Function
from local_aws.invocation import Invocation, Outcome
from local_aws.platform_log import FunctionLog, Report
from local_aws.process_variables import Folders, process_variables
from local_aws.runtime_api import Dispatch, RuntimeApi
from local_aws.sandbox_process import SandboxProcess
from local_aws.xray import FunctionTrace, Traces


class InitError(Exception):
    """The environment did not initialise and is of no use; `outcome` is what the caller is told."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error_type)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Host:
    """What all environments share: a work folder, the unpacked runtime, the control plane and the X-Ray daemon."""

    work: Path
    runtime: Path
    control_plane: Mapping[str, str]
    xray_daemon: str
    traces: Traces


class Environment:
    """Made by `launch`, ready after `initialise`, ended by `close`."""

    def __init__(
        self, function: Function, host: Host, folder: Path, log: FunctionLog, api: RuntimeApi, process: SandboxProcess
    ) -> None:
        self._function = function
        self._host = host
        self._folder = folder
        self._log = log
        self._api = api
        self._process = process
        self._busy = False
        self._launched = time.time()
        self._init: tuple[float, float] | None = None

    @classmethod
    async def launch(cls, function: Function, task: Path, opt: Path, host: Host) -> Self:
        """Start the process; its initialisation has begun when this returns."""
        identity = secrets.token_hex(16)
        folder = host.work / "environments" / identity
        folders = Folders(task, opt, host.runtime, folder / "tmp")
        # The form of a log stream's name is Lambda's: date, version, environment.
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{identity}"
        async with AsyncExitStack() as undo:
            folders.tmp.mkdir(parents=True)
            undo.callback(shutil.rmtree, folder)
            log = undo.enter_context(closing(FunctionLog(host.work / "logs", function, stream)))
            api = RuntimeApi()
            undo.push_async_callback(api.close)
            variables = process_variables(
                function,
                folders,
                runtime_api=await api.start(),
                xray_daemon=host.xray_daemon,
                log_stream=stream,
                control_plane=host.control_plane,
            )
            process = await SandboxProcess.start(
                function.handler, folders.import_path, folder=task, variables=variables, write=log.write
            )
            undo.pop_all()
        return cls(function, host, folder, log, api, process)

    @property
    def alive(self) -> bool:
        """Whether the runtime waits for an invocation."""
        return not self._busy and self._process.running

    async def initialise(self, limit: float, phase: str) -> None:
        """Wait at most `limit` seconds for the function's initialisation, in the phase `init` or `invoke`.

        Raises:
            InitError: it reported an error, ended, or took too long.
        """
        process, initialised = self._process, self._api.initialised
        await _first(initialised, process.exited, limit)
        self._init = self._launched, time.time()
        if initialised.done():
            error = initialised.result()
        elif process.exited.done():
            error = Outcome.error("Runtime.ExitError", f"Error: {process.end}")
        else:
            error = Outcome.error("Sandbox.Timedout", f"Error: Task timed out after {limit:.2f} seconds")
        if error is not None:
            process.drain()
            self._log.init_failed(_milliseconds(self._init), phase, str(error.error_type))
            raise InitError(error)

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Hand over an event; returns when the runtime has answered and asks for more, is gone, or out of time."""
        function, process = self._function, self._process
        trace = FunctionTrace.begin(invocation.trace, active=function.active_tracing)
        began = time.time()
        deadline = began + function.timeout
        self._busy = True
        self._log.start(invocation.request_id)
        dispatch = Dispatch(invocation, function.arn, str(trace.header), int(deadline * 1000))
        answer, idle = self._api.dispatch(dispatch)
        await _first(answer, process.exited, function.timeout)
        if answer.done():
            await _first(idle, process.exited, deadline - time.time())
        ended = time.time()
        memory = process.max_memory()
        process.drain()
        if answer.done():
            outcome = answer.result()
        elif process.exited.done():
            outcome = self._failure(invocation, "Runtime.ExitError", process.end)
        else:
            text = f"Task timed out after {function.timeout:.2f} seconds"
            outcome = self._failure(invocation, "Sandbox.Timedout", text)
        self._report(invocation, trace, outcome, (began, ended), memory)
        self._init = None
        self._busy = not idle.done()
        return outcome

    async def close(self) -> None:
        """End the process and what it started, and wipe its folder; only the log remains."""
        await self._process.close()
        await self._api.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _failure(self, invocation: Invocation, kind: str, text: str) -> Outcome:
        self._log.failure(invocation.request_id, text)
        return Outcome.error(kind, f"RequestId: {invocation.request_id} Error: {text}")

    def _report(
        self, invocation: Invocation, trace: FunctionTrace, outcome: Outcome, span: tuple[float, float], memory: int
    ) -> None:
        kind = outcome.error_type
        self._log.report(
            Report(
                request_id=invocation.request_id,
                duration=_milliseconds(span),
                max_memory=memory,
                trace_id=trace.incoming.root,
                segment_id=trace.function_id,
                sampled=trace.sampled,
                init=_milliseconds(self._init) if self._init else None,
                status="success" if kind is None else "timeout" if kind == "Sandbox.Timedout" else "error",
                error_type=kind,
            )
        )
        if trace.sampled:
            for document in trace.documents(
                self._function.name,
                self._function.arn,
                invocation.request_id,
                span=span,
                init=self._init,
                failure=None if kind is None else _cause(outcome),
            ):
                self._host.traces.add(document)


async def _first(answer: asyncio.Future[Any], exited: asyncio.Task[int], seconds: float) -> None:
    """Wait for an answer, the end of the process, or the end of the time; the caller looks which it was."""
    waiting: set[asyncio.Future[Any]] = {answer, exited}
    await asyncio.wait(waiting, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)


def _milliseconds(span: tuple[float, float]) -> float:
    return (span[1] - span[0]) * 1000


def _cause(outcome: Outcome) -> dict[str, Any]:
    try:
        cause = json.loads(outcome.cause or "{}")
    except ValueError:
        return {}
    return cause if isinstance(cause, dict) else {}
