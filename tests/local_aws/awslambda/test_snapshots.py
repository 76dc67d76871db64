"""Environments that wait after INIT in the place of a snapshot, and run AWS's own hooks when they are restored."""

import asyncio
import json
from pathlib import Path

import pytest

from local_aws.awslambda.environment import InitError
from local_aws.model.deployment import Logging
from tests.local_aws.awslambda.pools import pool
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, failed, sandbox
from tests.local_aws.zips import CREDENTIALS

JSON_LOG = Logging("/aws/lambda/echo", "JSON")
HOOKS = """
import json, os, urllib.request
from snapshot_restore_py import register_after_restore, register_before_snapshot

steps = ["init"]
register_before_snapshot(steps.append, "snapshot")
register_after_restore(steps.append, "restored")

def credentials():
    request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    request.add_header("Authorization", os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
    return json.load(urllib.request.urlopen(request))

def handler(event, context):
    if event == "credentials":
        return credentials()
    return {"steps": steps, "kind": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "pid": os.getpid(),
            "key": os.environ.get("AWS_ACCESS_KEY_ID")}
"""
FAILING_HOOK = """
from snapshot_restore_py import register_after_restore

@register_after_restore
def fail():
    raise KeyError("gone")

def handler(event, context):
    return None
"""
ENDING_HOOK = FAILING_HOOK.replace('raise KeyError("gone")', "import os; os._exit(3)")


def test_hooks_run_around_the_wait(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with sandbox(HOOKS, tmp_path, runtime, logging=JSON_LOG) as made:
            environment = await made.launch("snap-start")
            try:
                await environment.initialise(10)
                await environment.restore()
                first, second = [await environment.invoke(an_invocation()) for _ in range(2)]
                assert answered(first) == answered(second)
                assert answered(first)["steps"] == ["init", "snapshot", "restored"]
                assert (answered(first)["kind"], answered(first)["key"]) == ("snap-start", None)
            finally:
                await environment.close()
            assert first.record is not None
            assert second.record is not None
            assert first.record.restore_ms is not None
            assert (first.record.init_ms, second.record.init_ms, second.record.restore_ms) == (None, None, None)
            kinds = [json.loads(message)["type"] for message in made.messages()]
            assert kinds[:4] == ["platform.initStart", "platform.restoreStart", "platform.start", "platform.report"]
            report = json.loads(made.messages()[3])["record"]["metrics"]
            assert report["restoreDurationMs"] == round(first.record.restore_ms, 3)
            assert "initDurationMs" not in report

    asyncio.run(run())


def test_credentials_come_from_the_runtime_api(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(HOOKS, tmp_path, runtime, snap_start=True) as (opened, _):
            given = answered(await opened.invoke(an_invocation("credentials")))
            assert given["AccessKeyId"] == CREDENTIALS.access_key_id
            assert (given["SecretAccessKey"], given["Token"]) == (
                CREDENTIALS.secret_access_key,
                CREDENTIALS.session_token,
            )

    asyncio.run(run())


@pytest.mark.parametrize(
    ("source", "error_type"), [(FAILING_HOOK, "Runtime.AfterRestoreError"), (ENDING_HOOK, "Runtime.ExitError")]
)
def test_failing_hook_fails_the_invocation(source: str, error_type: str, tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with sandbox(source, tmp_path, runtime) as made:
            environment = await made.launch("snap-start")
            try:
                await environment.initialise(10)
                with pytest.raises(InitError) as raised:
                    await environment.restore()
            finally:
                await environment.close()
            assert failed(raised.value.outcome)[0] == error_type
            assert "RESTORE_REPORT" in made.messages()[-1]
            assert f"Error Type: {error_type}" in made.messages()[-1]

    asyncio.run(run())


def test_pool_has_the_next_environment_ready_to_be_restored(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(HOOKS, tmp_path, runtime, snap_start=True, idle_limit=0) as (opened, _):
            await opened.prepare()
            [waiting] = opened.environments()
            assert waiting.invocations == 0
            pids = [answered(await opened.invoke(an_invocation()))["pid"] for _ in range(2)]
            assert pids[0] == waiting.pid != pids[1]
            both = await asyncio.gather(*(opened.invoke(an_invocation()) for _ in range(2)))
            assert len({answered(outcome)["pid"] for outcome in both} | set(pids)) == 4

    asyncio.run(run())


def test_failing_hook_is_the_callers_error(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(FAILING_HOOK, tmp_path, runtime, snap_start=True) as (opened, _):
            for _ in range(2):
                assert failed(await opened.invoke(an_invocation()))[0] == "Runtime.AfterRestoreError"

    asyncio.run(run())


def test_failing_init_is_the_callers_error(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool("raise KeyError('table')", tmp_path, runtime, snap_start=True) as (opened, _):
            with pytest.raises(InitError):
                await opened.prepare()
            assert failed(await opened.invoke(an_invocation())) == ("KeyError", "'table'")

    asyncio.run(run())
