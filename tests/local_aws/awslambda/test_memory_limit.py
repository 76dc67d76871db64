import asyncio
from pathlib import Path

import pytest

from local_aws.awslambda import sandbox_process
from local_aws.awslambda.environment import InitError
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, environment, failed, sandbox

HOLD = """
    import time
    def handler(event, context):
        held = bytearray(event["megabytes"] * 1024 * 1024)
        if event.get("for_ever"):
            time.sleep(600)
        return len(held)
"""
KILLED = "Error: Runtime exited with error: signal: killed"


def test_function_above_its_memory_limit_is_killed(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with environment(HOLD, tmp_path, runtime, memory=128, timeout=60) as (launched, made):
            invocation = an_invocation({"megabytes": 200, "for_ever": True})
            async with asyncio.timeout(20):
                outcome = await launched.invoke(invocation)
            assert failed(outcome) == ("Runtime.ExitError", f"RequestId: {invocation.request_id} {KILLED}")
            assert not launched.alive
            assert "Memory Size: 128 MB\tMax Memory Used: 128 MB" in made.messages()[-1]
            assert "Status: error\tError Type: Runtime.ExitError" in made.messages()[-1]

    asyncio.run(run())


def test_short_excess_of_memory_fails_the_invocation(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_process, "_MEMORY_INTERVAL", 60.0)  # Nobody looks while it runs.

    async def run() -> None:
        async with environment(HOLD, tmp_path, runtime, memory=128) as (launched, _):
            outcome = await launched.invoke(an_invocation({"megabytes": 200}))
            assert outcome.error_type == "Runtime.ExitError"
            assert not launched.alive

    asyncio.run(run())


def test_function_within_its_memory_is_not_killed(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with environment(HOLD, tmp_path, runtime, memory=512) as (launched, _):
            outcome = await launched.invoke(an_invocation({"megabytes": 200}))
            assert answered(outcome) == 200 * 1024 * 1024
            assert outcome.record is not None
            assert 200 < outcome.record.max_memory < 300
            assert launched.view.max_memory == outcome.record.max_memory

    asyncio.run(run())


def test_init_above_the_memory_limit_fails(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "import time\nheld = bytearray(200 * 1024 * 1024)\ntime.sleep(600)\ndef handler(*_):\n    pass"
        async with sandbox(source, tmp_path, runtime, memory=128) as made:
            launched = await made.launch()
            try:
                with pytest.raises(InitError) as caught:
                    await launched.initialise(20)
            finally:
                await launched.close()
            assert failed(caught.value.outcome) == ("Runtime.ExitError", KILLED)

    asyncio.run(run())
