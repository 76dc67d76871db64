import asyncio
from pathlib import Path
from typing import Any

import pytest

from local_aws.awslambda.environment import InitError
from local_aws.model.deployment import Logging
from tests.local_aws.awslambda.sandboxes import ROOT, an_invocation, answered, environment, failed, sandbox
from tests.local_aws.processes import gone


def test_endless_output_ends_with_the_timeout(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "def handler(event, context):\n    while True:\n        print('spam' * 100)"
        async with environment(source, tmp_path, runtime, timeout=1) as (launched, made), asyncio.timeout(20):
            outcome = await launched.invoke(an_invocation())
            assert outcome.error_type == "Sandbox.Timedout"
            assert "Status: timeout" in made.messages()[-1]

    asyncio.run(run())


def test_exception_is_an_error_with_its_stack_trace(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "def handler(event, context):\n    raise LookupError('no such order')"
        async with environment(source, tmp_path, runtime) as (launched, made):
            outcome = await launched.invoke(an_invocation())
            assert failed(outcome) == ("LookupError", "no such order")
            assert launched.alive
            _, function = made.host.traces.documents(ROOT) or []
            assert function["cause"]["exceptions"][0]["type"] == "LookupError"
            assert function["fault"] is True
            assert any("LookupError: no such order" in message for message in made.messages())
            assert "Status: error\tError Type: LookupError" in made.messages()[-1]

    asyncio.run(run())


def test_function_that_times_out_is_killed_with_its_children(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "600"])
            print("pids", os.getpid(), child.pid)
            time.sleep(600)
    """

    async def run() -> None:
        async with sandbox(source, tmp_path, runtime, timeout=1) as made:
            launched = await made.launch()
            await launched.initialise(10)
            invocation = an_invocation()
            outcome = await launched.invoke(invocation)
            text = f"RequestId: {invocation.request_id} Error: Task timed out after 1.00 seconds"
            assert failed(outcome) == ("Sandbox.Timedout", text)
            assert not launched.alive
            (printed,) = [message for message in made.messages() if message.startswith("pids ")]
            assert all(gone(int(pid)) for pid in printed.split()[1:])
            await launched.close()
            assert any(message.endswith("Task timed out after 1.00 seconds") for message in made.messages())
            assert "Status: timeout" in made.messages()[-1]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_function_that_ends_its_process_is_an_error(statement: str, reason: str, tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = f"import os, sys\ndef handler(event, context):\n    {statement}"
        async with environment(source, tmp_path, runtime) as (launched, _):
            invocation = an_invocation()
            outcome = await launched.invoke(invocation)
            assert failed(outcome) == ("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: {reason}")
            assert not launched.alive

    asyncio.run(run())


def test_response_is_kept_if_the_process_ends_afterwards(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os, threading
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient as Client
        post = Client.post_invocation_result
        def last(self, *args):
            post(self, *args)
            os._exit(1)
        Client.post_invocation_result = last
        def handler(event, context):
            return "last words"
    """

    async def run() -> None:
        async with environment(source, tmp_path, runtime) as (launched, _):
            assert answered(await launched.invoke(an_invocation())) == "last words"
            assert not launched.alive

    asyncio.run(run())


def test_response_above_6_mb_is_an_error(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "def handler(event, context):\n    return 'x' * 6_300_000"
        async with environment(source, tmp_path, runtime) as (launched, _):
            kind, text = failed(await launched.invoke(an_invocation()))
            assert kind == "Function.ResponseSizeTooLarge"
            assert "6291556 bytes" in text

    asyncio.run(run())


@pytest.mark.parametrize(
    ("source", "limit", "kind", "text"),
    [
        ("import absent", 10, "Runtime.ImportModuleError", "Unable to import module 'main': No module named 'absent'"),
        ("def other(): pass", 10, "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'main'"),
        ("raise ValueError('bad setting')", 10, "ValueError", "bad setting"),
        ("import os; os._exit(2)", 10, "Runtime.ExitError", "Error: Runtime exited with error: exit status 2"),
        ("import time; time.sleep(60)", 0.2, "Sandbox.Timedout", "Error: Task timed out after 0.20 seconds"),
    ],
)
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_failed_init_has_its_reason(
    source: str, limit: float, kind: str, text: str, log_format: Any, tmp_path: Path, runtime: Path
) -> None:
    async def run() -> None:
        async with sandbox(source, tmp_path, runtime, logging=Logging("/aws/lambda/echo", log_format)) as made:
            launched = await made.launch()
            with pytest.raises(InitError) as caught:
                await launched.initialise(limit)
            await launched.close()
            assert failed(caught.value.outcome) == (kind, text)
            assert kind in made.messages()[-1]

    asyncio.run(run())


@pytest.mark.parametrize("cause", ["nonsense", "[]"])
def test_invalid_x_ray_cause_is_left_out(cause: str, tmp_path: Path, runtime: Path) -> None:
    source = f"""
        from awslambdaric import bootstrap
        bootstrap.to_json = lambda value, to_json=bootstrap.to_json: (
            {cause!r} if "working_directory" in value else to_json(value)
        )
        def handler(event, context):
            raise ValueError("no")
    """

    async def run() -> None:
        async with environment(source, tmp_path, runtime) as (launched, made):
            assert failed(await launched.invoke(an_invocation())) == ("ValueError", "no")
            _, function = made.host.traces.documents(ROOT) or []
            assert function["fault"] is True
            assert "cause" not in function

    asyncio.run(run())
