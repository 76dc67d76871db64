import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.deployment import Logging
from local_aws.environment import InitError
from tests.local_aws.processes import gone
from tests.local_aws.sandboxes import ROOT, an_invocation, answered, environment, failed, sandbox

ECHO = """
    def handler(event, context):
        return {"event": event, "request": context.aws_request_id, "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis()}
"""


def invoke(source: str, tmp_path: Path, runtime: Path, event: object = None, **changes: Any) -> Any:
    async def play() -> Any:
        async with environment(source, tmp_path, runtime, **changes) as (launched, _):
            return answered(await launched.invoke(an_invocation(event)))

    return asyncio.run(play())


def test_a_function_gets_its_event_and_its_context(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        async with environment(ECHO, tmp_path, runtime) as (launched, made):
            for number in range(3):
                invocation = an_invocation({"number": number})
                answer = answered(await launched.invoke(invocation))
                assert answer["event"] == {"number": number}
                assert answer["request"] == invocation.request_id
                assert answer["arn"] == made.function.arn
                assert 3000 < answer["left"] <= 5000

    asyncio.run(play())


def test_nothing_of_the_host_is_in_the_functions_environment(
    tmp_path: Path, runtime: Path, *, mounts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    own = {"TABLE_NAME": "users", "AWS_REGION": "not-yours", "AWS_ACCESS_KEY_ID": "not-yours"}
    variables = invoke(source, tmp_path, runtime, mounts=mounts, variables=own)
    fallback = set() if mounts else {"TMPDIR"}
    # The shell that mounts adds PWD and its like, as the one of Lambda's bootstrap does.
    assert set(variables) - {"LC_CTYPE", "PWD", "OLDPWD", "SHLVL", "_"} == fallback | {
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "PYTHONPATH",
        "TABLE_NAME",
        "TZ",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
    assert variables["AWS_REGION"] == "eu-central-1"
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "7"
    assert variables["_X_AMZN_TRACE_ID"].startswith(f"Root={ROOT};Parent=")
    assert (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SESSION_TOKEN"]) == ("ASIAROLE", "token-of-the-role")
    folders = {"task": "/var/task", "runtime": "/var/runtime"} if mounts else {"task": str(tmp_path / "task")}
    assert variables["LAMBDA_TASK_ROOT"] == folders["task"]
    assert mounts or Path(variables["TMPDIR"]).is_relative_to(tmp_path)


def test_json_logging_is_told_to_the_runtime(tmp_path: Path, runtime: Path) -> None:
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    logging = Logging("/aws/lambda/echo", "JSON", application_level="TRACE")
    variables = invoke(source, tmp_path, runtime, logging=logging)
    assert (variables["AWS_LAMBDA_LOG_FORMAT"], variables["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "TRACE")


def test_only_the_code_the_layer_and_the_runtime_can_be_imported(
    tmp_path: Path, runtime: Path, *, mounts: bool
) -> None:
    source = """
        import importlib.util, os, sys
        def handler(event, context):
            found = [name for name in event if importlib.util.find_spec(name)]
            return {"found": found, "path": sys.path, "cwd": os.getcwd()}
    """
    modules = ["main", "awslambdaric", "simplejson", "boto3", "pytest", "pip", "local_aws", "gateway"]
    answer = invoke(source, tmp_path, runtime, modules, mounts=mounts)
    assert answer["found"] == ["main", "awslambdaric", "simplejson"]
    task, opt, lib = ("/var/task", "/opt", "/var/runtime") if mounts else (tmp_path / "task", tmp_path / "opt", runtime)
    assert answer["cwd"] == answer["path"][0] == str(task)
    assert answer["path"][1:4] == [f"{opt}/python/lib/python3.13/site-packages", f"{opt}/python", str(lib)]


def test_a_function_may_open_as_many_files_as_on_lambda(tmp_path: Path, runtime: Path) -> None:
    source = "import resource\ndef handler(event, context):\n    return resource.getrlimit(resource.RLIMIT_NOFILE)"
    assert invoke(source, tmp_path, runtime) == [1024, 1024]


def test_a_function_that_prints_without_end_is_ended_when_its_time_is_over(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        source = "def handler(event, context):\n    while True:\n        print('spam' * 100)"
        async with environment(source, tmp_path, runtime, timeout=1) as (launched, made), asyncio.timeout(20):
            outcome = await launched.invoke(an_invocation())
            assert outcome.error_type == "Sandbox.Timedout"
            assert "Status: timeout" in made.messages()[-1]

    asyncio.run(play())


def test_output_that_no_parser_follows_is_kept(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        source = "def handler(event, context):\n    print('before')\n    print('[' * 100_000)\n    print('after')"
        async with environment(source, tmp_path, runtime, logging=Logging("g", "JSON")) as (launched, made):
            answered(await launched.invoke(an_invocation()))
            assert [len(message) for message in made.messages()[1:4]] == [6, 100_000, 5]

    asyncio.run(play())


def test_an_exception_is_an_error_with_its_trace(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        source = "def handler(event, context):\n    raise LookupError('no such book')"
        async with environment(source, tmp_path, runtime) as (launched, made):
            outcome = await launched.invoke(an_invocation())
            assert failed(outcome) == ("LookupError", "no such book")
            assert launched.alive
            _, function = made.host.traces.documents(ROOT) or []
            assert function["cause"]["exceptions"][0]["type"] == "LookupError"
            assert function["fault"] is True
            assert any("LookupError: no such book" in message for message in made.messages())
            assert "Status: error\tError Type: LookupError" in made.messages()[-1]

    asyncio.run(play())


def test_a_function_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "600"])
            print("pids", os.getpid(), child.pid)
            time.sleep(600)
    """

    async def play() -> None:
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

    asyncio.run(play())


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_function_that_ends_its_process_is_an_error(
    statement: str, reason: str, tmp_path: Path, runtime: Path
) -> None:
    async def play() -> None:
        source = f"import os, sys\ndef handler(event, context):\n    {statement}"
        async with environment(source, tmp_path, runtime) as (launched, _):
            invocation = an_invocation()
            outcome = await launched.invoke(invocation)
            assert failed(outcome) == ("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: {reason}")
            assert not launched.alive

    asyncio.run(play())


def test_an_answer_is_kept_when_the_process_ends_after_it(tmp_path: Path, runtime: Path) -> None:
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

    async def play() -> None:
        async with environment(source, tmp_path, runtime) as (launched, _):
            assert answered(await launched.invoke(an_invocation())) == "last words"
            assert not launched.alive

    asyncio.run(play())


def test_an_answer_beyond_six_megabytes_is_an_error(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        source = "def handler(event, context):\n    return 'x' * 6_300_000"
        async with environment(source, tmp_path, runtime) as (launched, _):
            kind, text = failed(await launched.invoke(an_invocation()))
            assert kind == "Function.ResponseSizeTooLarge"
            assert "6291556 bytes" in text

    asyncio.run(play())


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
def test_a_failed_initialisation_says_why(
    source: str, limit: float, kind: str, text: str, log_format: Any, tmp_path: Path, runtime: Path
) -> None:
    async def play() -> None:
        async with sandbox(source, tmp_path, runtime, logging=Logging("/aws/lambda/echo", log_format)) as made:
            launched = await made.launch()
            with pytest.raises(InitError) as caught:
                await launched.initialise(limit)
            await launched.close()
            assert failed(caught.value.outcome) == (kind, text)
            assert kind in made.messages()[-1]

    asyncio.run(play())


def test_the_first_report_counts_the_initialisation_and_later_ones_do_not(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        logging = Logging("/aws/lambda/echo", "JSON")
        async with environment(ECHO, tmp_path, runtime, logging=logging) as (launched, made):
            await launched.invoke(an_invocation())
            await launched.invoke(an_invocation())
            first, second = (
                json.loads(message)["record"]["metrics"] for message in made.messages() if "platform.report" in message
            )
            assert first["initDurationMs"] > 0
            assert 0 <= first["billedDurationMs"] - first["initDurationMs"] - first["durationMs"] < 1
            assert "initDurationMs" not in second
            assert second["memorySizeMB"] == 256
            assert second["maxMemoryUsedMB"] > 1

    asyncio.run(play())


def test_whatever_a_function_prints_is_logged_between_start_and_end(tmp_path: Path, runtime: Path) -> None:
    source = """
        import sys
        def handler(event, context):
            sys.stdout.buffer.write(b"\\xff\\xfe garbage\\n" + b"x" * 3_000_000 + b"\\n")
            print('{"level": "INFO"}', file=sys.stderr)
    """

    async def play() -> None:
        async with environment(source, tmp_path, runtime) as (launched, made):
            invocation = an_invocation()
            assert answered(await launched.invoke(invocation)) is None
            start, *lines, end, report = made.messages()
            assert start == f"START RequestId: {invocation.request_id} Version: 7"
            assert lines[0] == "\ufffd\ufffd garbage"
            assert sum(map(len, lines[1:-1])) == 3_000_000
            assert lines[-1] == '{"level": "INFO"}'
            assert end == f"END RequestId: {invocation.request_id}"
            assert report.startswith(f"REPORT RequestId: {invocation.request_id}\tDuration: ")

    asyncio.run(play())


def test_a_request_that_is_not_sampled_leaves_no_segment(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        async with environment(ECHO, tmp_path, runtime, active_tracing=False) as (launched, made):
            answered(await launched.invoke(an_invocation()))
            assert made.host.traces.ids() == []

    asyncio.run(play())


@pytest.mark.parametrize("cause", ["nonsense", "[]"])
def test_a_cause_that_x_ray_would_not_understand_is_left_out(cause: str, tmp_path: Path, runtime: Path) -> None:
    source = f"""
        from awslambdaric import bootstrap
        bootstrap.to_json = lambda value, to_json=bootstrap.to_json: (
            {cause!r} if "working_directory" in value else to_json(value)
        )
        def handler(event, context):
            raise ValueError("no")
    """

    async def play() -> None:
        async with environment(source, tmp_path, runtime) as (launched, made):
            assert failed(await launched.invoke(an_invocation())) == ("ValueError", "no")
            _, function = made.host.traces.documents(ROOT) or []
            assert function["fault"] is True
            assert "cause" not in function

    asyncio.run(play())


def everything_in(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*")}


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_the_folders_of_code_stay_as_they_were_and_tmp_is_wiped(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os, tempfile, other
        def handler(event, context):
            return os.path.isdir(tempfile.mkdtemp())
    """

    async def play() -> None:
        async with sandbox(source, tmp_path, runtime) as made:
            (made.task / "other.py").write_text("", encoding="utf-8")
            before = everything_in(tmp_path, runtime)
            launched = await made.launch()
            await launched.initialise(10)
            assert answered(await launched.invoke(an_invocation())) is True
            await launched.close()
            new = everything_in(tmp_path, runtime) - before
            assert {path.name for path in new} == {"environments", "logs", "echo.jsonl"}

    asyncio.run(play())


def test_a_launch_that_fails_leaves_nothing_behind(tmp_path: Path, runtime: Path) -> None:
    async def play() -> None:
        async with sandbox(ECHO, tmp_path, runtime, handler="main\0handler") as made:
            before = open_files()
            with pytest.raises(ValueError, match="null byte"):
                await made.launch()
            await asyncio.sleep(0)
            assert open_files() <= before
            assert list((tmp_path / "environments").iterdir()) == []

    asyncio.run(play())
