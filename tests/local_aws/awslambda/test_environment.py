import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.model.deployment import Logging
from tests.local_aws.awslambda.sandboxes import ROOT, an_invocation, answered, environment, sandbox

ECHO = """
    def handler(event, context):
        return {"event": event, "request": context.aws_request_id, "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis()}
"""


def invoke(source: str, tmp_path: Path, runtime: Path, event: object = None, **changes: Any) -> Any:
    async def run() -> Any:
        async with environment(source, tmp_path, runtime, **changes) as (launched, _):
            return answered(await launched.invoke(an_invocation(event)))

    return asyncio.run(run())


def test_function_gets_event_and_context(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with environment(ECHO, tmp_path, runtime) as (launched, made):
            for number in range(3):
                invocation = an_invocation({"number": number})
                response = answered(await launched.invoke(invocation))
                assert response["event"] == {"number": number}
                assert response["request"] == invocation.request_id
                assert response["arn"] == made.function.arn
                assert 3000 < response["left"] <= 5000

    asyncio.run(run())


def test_host_variables_are_not_in_the_function_environment(
    tmp_path: Path, runtime: Path, *, mounts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    own = {"TABLE_NAME": "people", "AWS_REGION": "not-yours", "AWS_ACCESS_KEY_ID": "not-yours"}
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


def test_runtime_gets_the_json_log_format(tmp_path: Path, runtime: Path) -> None:
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    logging = Logging("/aws/lambda/echo", "JSON", application_level="TRACE")
    variables = invoke(source, tmp_path, runtime, logging=logging)
    assert (variables["AWS_LAMBDA_LOG_FORMAT"], variables["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "TRACE")


def test_only_code_layer_and_runtime_can_be_imported(tmp_path: Path, runtime: Path, *, mounts: bool) -> None:
    source = """
        import importlib.util, os, sys
        def handler(event, context):
            found = [name for name in event if importlib.util.find_spec(name)]
            return {"found": found, "path": sys.path, "cwd": os.getcwd()}
    """
    modules = ["main", "awslambdaric", "simplejson", "boto3", "pytest", "pip", "local_aws", "gateway"]
    response = invoke(source, tmp_path, runtime, modules, mounts=mounts)
    assert response["found"] == ["main", "awslambdaric", "simplejson"]
    task, opt, lib = ("/var/task", "/opt", "/var/runtime") if mounts else (tmp_path / "task", tmp_path / "opt", runtime)
    assert response["cwd"] == response["path"][0] == str(task)
    assert response["path"][1:4] == [f"{opt}/python/lib/python3.13/site-packages", f"{opt}/python", str(lib)]


def test_open_files_limit_is_lambdas(tmp_path: Path, runtime: Path) -> None:
    source = "import resource\ndef handler(event, context):\n    return resource.getrlimit(resource.RLIMIT_NOFILE)"
    assert invoke(source, tmp_path, runtime) == [1024, 1024]


def test_output_that_is_not_json_is_kept(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "def handler(event, context):\n    print('before')\n    print('[' * 100_000)\n    print('after')"
        async with environment(source, tmp_path, runtime, logging=Logging("g", "JSON")) as (launched, made):
            answered(await launched.invoke(an_invocation()))
            assert [len(message) for message in made.messages()[2:5]] == [6, 100_000, 5]

    asyncio.run(run())


def test_init_records_surround_the_output_of_init(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        source = "print('ready')\ndef handler(event, context):\n    return 'é'"
        logging = Logging("/aws/lambda/echo", "JSON", system_level="DEBUG")
        async with environment(source, tmp_path, runtime, logging=logging) as (launched, made):
            invocation = an_invocation()
            answered(await launched.invoke(invocation))
            begun, printed, _, ended, _, done, _ = made.messages()
            record = json.loads(begun)["record"]
            assert record["runtimeVersion"] == f"python:3.13.{runtime.name}"
            assert record["instanceId"].replace("-", "") == launched.view.name[-32:]
            assert printed == "ready"
            assert json.loads(ended)["record"]["metrics"]["durationMs"] > 0
            record = json.loads(done)["record"]
            assert (record["requestId"], record["metrics"]["producedBytes"]) == (
                invocation.request_id,
                len('"é"'.encode()),
            )

    asyncio.run(run())


def test_only_the_first_report_has_the_init_duration(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        logging = Logging("/aws/lambda/echo", "JSON")
        async with environment(ECHO, tmp_path, runtime, logging=logging) as (launched, made):
            await launched.invoke(an_invocation())
            await launched.invoke(an_invocation())
            first, second = (
                json.loads(message)["record"]["metrics"] for message in made.messages() if "platform.report" in message
            )
            assert first["initDurationMs"] > 0
            # The two durations are shown to a microsecond.
            assert -0.002 < first["billedDurationMs"] - first["initDurationMs"] - first["durationMs"] < 1.002
            assert "initDurationMs" not in second
            assert second["memorySizeMB"] == 256
            assert second["maxMemoryUsedMB"] > 1

    asyncio.run(run())


def test_output_is_logged_between_start_and_end(tmp_path: Path, runtime: Path) -> None:
    source = """
        import sys
        def handler(event, context):
            sys.stdout.buffer.write(b"\\xff\\xfe garbage\\n" + b"x" * 3_000_000 + b"\\n")
            print('{"level": "INFO"}', file=sys.stderr)
    """

    async def run() -> None:
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

    asyncio.run(run())


def test_unsampled_request_has_no_segment(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with environment(ECHO, tmp_path, runtime, active_tracing=False) as (launched, made):
            answered(await launched.invoke(an_invocation()))
            assert made.host.traces.ids() == []

    asyncio.run(run())


def everything_in(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*")}


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_code_folders_are_unchanged_and_tmp_is_wiped(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os, tempfile, other
        def handler(event, context):
            return os.path.isdir(tempfile.mkdtemp())
    """

    async def run() -> None:
        async with sandbox(source, tmp_path, runtime) as made:
            (made.task / "other.py").write_text("", encoding="utf-8")
            before = everything_in(tmp_path, runtime)
            launched = await made.launch()
            await launched.initialise(10)
            assert answered(await launched.invoke(an_invocation())) is True
            await launched.close()
            new = everything_in(tmp_path, runtime) - before
            assert {path.name for path in new} == {"environments", "logs", "echo.jsonl"}

    asyncio.run(run())


def test_failed_launch_leaves_nothing(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with sandbox(ECHO, tmp_path, runtime, handler="main\0handler") as made:
            before = open_files()
            with pytest.raises(ValueError, match="null byte"):
                await made.launch()
            await asyncio.sleep(0)
            assert open_files() <= before
            assert list((tmp_path / "environments").iterdir()) == []

    asyncio.run(run())
