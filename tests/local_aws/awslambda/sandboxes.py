"""Execution environments of hand-written code, for tests that run AWS's runtime client for real."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from local_aws.awslambda.environment import Environment
from local_aws.awslambda.host import Host
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.model.deployment import Function, InitializationType
from local_aws.xray.daemon import Daemon, Traces
from local_aws.xray.trace import TraceHeader
from tests.local_aws.zips import CONTROL_PLANE, a_function, assume, deliver

ROOT = "1-5759e988-bd862e3fe1be46a994272793"


class Sandbox:
    """Launches environments of one function whose module `main` is `source`."""

    def __init__(self, source: str, host: Host, function: Function) -> None:
        self.host = host
        self.function = function
        self.task = host.work / "task"
        self.opt = host.work / "opt"
        self.task.mkdir()
        self.opt.mkdir()
        (self.task / "main.py").write_text(dedent(source), encoding="utf-8")

    async def launch(self, kind: InitializationType = "on-demand") -> Environment:
        return await Environment.launch(self.function, self.task, self.opt, self.host, kind)

    def messages(self) -> list[str]:
        """Return the messages of the function's log."""
        lines = (self.host.work / "logs" / f"{self.function.name}.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["message"] for line in lines]


@asynccontextmanager
async def sandbox(
    source: str, work: Path, runtime: Path, *, mounts: bool = False, **changes: Any
) -> AsyncIterator[Sandbox]:
    """Yield a sandbox with an X-Ray daemon; `changes` are made to the function."""
    traces = Traces()
    async with Daemon(traces) as daemon:
        host = Host(
            work=work,
            runtime=runtime,
            endpoint=CONTROL_PLANE["AWS_ENDPOINT_URL"],
            credentials=assume,
            deliver=deliver,
            xray_daemon=daemon.address,
            traces=traces,
            mounts=mounts,
        )
        yield Sandbox(source, host, replace(a_function(), **changes))


@asynccontextmanager
async def environment(
    source: str, work: Path, runtime: Path, *, mounts: bool = False, **changes: Any
) -> AsyncIterator[tuple[Environment, Sandbox]]:
    """Yield one initialised environment."""
    async with sandbox(source, work, runtime, mounts=mounts, **changes) as made:
        launched = await made.launch()
        try:
            await launched.initialise(10)
            yield launched, made
        finally:
            await launched.close()


def an_invocation(event: object = None) -> Invocation:
    return Invocation(json.dumps(event).encode(), TraceHeader(ROOT))


def answered(outcome: Outcome) -> Any:
    """Return the response of an invocation that did not fail."""
    assert outcome.error_type is None, outcome
    return json.loads(outcome.payload)


def failed(outcome: Outcome) -> tuple[str | None, str]:
    """Return type and message of an invocation's error."""
    return outcome.error_type, json.loads(outcome.payload)["errorMessage"]
