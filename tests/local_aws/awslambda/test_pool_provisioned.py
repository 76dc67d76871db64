"""Environments that are initialised before a request needs them."""

import asyncio
from pathlib import Path

import pytest

from local_aws.awslambda.environment import InitError
from tests.local_aws.awslambda.gate import PASS, Gate
from tests.local_aws.awslambda.pools import pool
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, failed

KIND = (
    PASS
    + """
import os
def handler(event, context):
    if event == "end":
        os._exit(1)
    if event:
        pass_gate(event)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
)


def test_first_request_has_no_init(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(KIND, tmp_path, runtime, provisioned=2) as (opened, _):
            await opened.prepare()
            assert [view.state for view in opened.environments()] == ["idle", "idle"]
            outcome = await opened.invoke(an_invocation())
            assert answered(outcome) == "provisioned-concurrency"
            assert outcome.record is not None
            assert outcome.record.init_ms is None
            assert len(opened.environments()) == 2

    asyncio.run(run())


def test_further_requests_initialise_environments_on_demand(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(KIND, tmp_path, runtime, provisioned=1) as (opened, _):
            await opened.prepare()
            with Gate(tmp_path) as gate:
                busy = opened.invoke(an_invocation(str(gate.path)))
                await gate.arrived()
                outcome = await opened.invoke(an_invocation())
                gate.open()
                assert answered(await busy) == "provisioned-concurrency"
            assert answered(outcome) == "on-demand"
            assert outcome.record is not None
            assert outcome.record.init_ms is not None

    asyncio.run(run())


def test_provisioned_environment_stays_while_idle_and_is_replaced_when_it_ends(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(KIND, tmp_path, runtime, provisioned=1, idle_limit=0) as (opened, _):
            await opened.prepare()
            [first] = opened.environments()
            for _ in range(2):
                assert answered(await opened.invoke(an_invocation())) == "provisioned-concurrency"
            assert [view.pid for view in opened.environments()] == [first.pid]
            assert failed(await opened.invoke(an_invocation("end")))[0] == "Runtime.ExitError"
            await opened.prepared()
            [second] = opened.environments()
            assert (second.pid != first.pid, second.state, second.invocations) == (True, "idle", 0)

    asyncio.run(run())


def test_failing_init_is_reported(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool("raise KeyError('table')", tmp_path, runtime, provisioned=2) as (opened, _):
            with pytest.raises(InitError):
                await opened.prepare()
            assert opened.environments() == []
            assert failed(await opened.invoke(an_invocation()))[0] == "KeyError"

    asyncio.run(run())
