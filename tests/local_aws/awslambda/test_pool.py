import asyncio
import os
import signal
from pathlib import Path

import pytest

from local_aws.awslambda.environment import Environment
from local_aws.awslambda.pool import Pool
from tests.local_aws.awslambda.gate import Gate
from tests.local_aws.awslambda.pools import PID, pool
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, failed
from tests.local_aws.processes import ended, watch

FAILS_ONCE = """
import os
if not os.path.exists("../tried"):
    open("../tried", "w").close()
    raise ValueError("not yet")
"""


def test_sequential_requests_share_one_environment(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime) as (opened, _):
            pids = {answered(await opened.invoke(an_invocation())) for _ in range(5)}
            assert len(pids) == 1

    asyncio.run(run())


def test_concurrent_requests_get_an_environment_each_up_to_the_limit(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime) as (opened, _):
            invocations = [opened.invoke(an_invocation()) for _ in range(6)]
            pids = [answered(outcome) for outcome in await asyncio.gather(*invocations)]
            assert len(set(pids)) == 2

    asyncio.run(run())


def test_most_recently_used_environment_is_used_next(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime) as (opened, _):
            with Gate(tmp_path) as gate:
                slow = opened.invoke(an_invocation(str(gate.path)))
                fast = answered(await opened.invoke(an_invocation()))
                await gate.arrived()
                gate.open()
                last = answered(await slow)
            assert fast != last
            assert answered(await opened.invoke(an_invocation())) == last

    asyncio.run(run())


def test_function_above_its_reserved_concurrency_is_throttled(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime, reserved=1) as (opened, _):
            with Gate(tmp_path) as gate:
                slow = opened.invoke(an_invocation(str(gate.path)))
                throttled = opened.invoke(an_invocation())
                assert throttled.done()
                assert failed(throttled.result()) == ("TooManyRequestsException", "Rate Exceeded.")
                await gate.arrived()
                gate.open()
                first = answered(await slow)
            await asyncio.sleep(0)  # lets the pool drop the finished invocation
            assert answered(await opened.invoke(an_invocation())) == first

    asyncio.run(run())


def test_reserved_concurrency_of_zero_never_runs() -> None:
    async def launch(_: object) -> Environment:
        raise AssertionError

    async def run() -> None:
        opened = Pool(launch, timeout=1, concurrency=4, reserved=0)
        assert (await opened.invoke(an_invocation())).error_type == "TooManyRequestsException"

    asyncio.run(run())


def test_request_that_waited_too_long_is_not_started(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime, concurrency=1, wait_limit=0.05) as (opened, made):
            with Gate(tmp_path) as gate:
                slow = opened.invoke(an_invocation(str(gate.path)))
                waiting = opened.invoke(an_invocation())
                await gate.arrived()
                await asyncio.sleep(0.06)  # the test needs time to pass
                gate.open()
                answered(await slow)
            assert (await waiting).error_type == "TooManyRequestsException"
            assert sum(message.startswith("START") for message in made.messages()) == 1

    asyncio.run(run())


def test_only_idle_environments_expire(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime, idle_limit=0.05) as (opened, _):
            with Gate(tmp_path) as gate:
                busy = opened.invoke(an_invocation(str(gate.path)))
                process = watch(answered(await opened.invoke(an_invocation())))
                await gate.arrived()
                assert await asyncio.to_thread(ended, process)
                assert [view.state for view in opened.environments()] == ["busy"]
                gate.open()
                answered(await busy)

    asyncio.run(run())


def test_pool_lists_its_environments(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime) as (opened, made):
            assert opened.environments() == []
            with Gate(tmp_path) as gate:
                busy = opened.invoke(an_invocation(str(gate.path)))
                pid = answered(await opened.invoke(an_invocation()))
                await gate.arrived()
                first, second = sorted(opened.environments(), key=lambda view: view.pid == pid)
                assert (first.state, second.state) == ("busy", "idle")
                assert (first.invocations, second.invocations) == (1, 1)
                assert second.name.startswith("20")
                assert f"[{made.function.version}]" in second.name
                gate.open()
                outcome = await busy
            assert outcome.record is not None
            assert outcome.record.environment == first.name
            assert outcome.record.access_key_id == "ASIAROLE"
            assert outcome.record.init_ms is not None
            assert outcome.record.logs[0].message.startswith("START")

    asyncio.run(run())


def test_dead_idle_environment_is_replaced(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool(PID, tmp_path, runtime) as (opened, _):
            first = answered(await opened.invoke(an_invocation()))
            process = watch(first)
            os.kill(first, signal.SIGKILL)
            assert await asyncio.to_thread(ended, process)
            assert answered(await opened.invoke(an_invocation())) != first

    asyncio.run(run())


def test_function_serves_again_after_its_process_failed(tmp_path: Path, runtime: Path) -> None:
    source = """
        import os
        def handler(event, context):
            if event == "die":
                os._exit(1)
            return event
    """

    async def run() -> None:
        async with pool(source, tmp_path, runtime, concurrency=1) as (opened, _):
            outcomes = [opened.invoke(an_invocation(event)) for event in ("die", "live", "die", "live")]
            kinds = [outcome.error_type for outcome in await asyncio.gather(*outcomes)]
            assert kinds == ["Runtime.ExitError", None, "Runtime.ExitError", None]

    asyncio.run(run())


def test_failed_init_is_retried_once(tmp_path: Path, runtime: Path) -> None:
    source = f"{FAILS_ONCE}\ndef handler(event, context):\n    return 'at last'"

    async def run() -> None:
        async with pool(source, tmp_path, runtime) as (opened, made):
            assert answered(await opened.invoke(an_invocation())) == "at last"
            assert sum(message.startswith("INIT_REPORT") for message in made.messages()) == 1

    asyncio.run(run())


def test_init_that_fails_twice_is_an_error_for_the_caller(tmp_path: Path, runtime: Path) -> None:
    async def run() -> None:
        async with pool("import absent", tmp_path, runtime) as (opened, made):
            outcome = await opened.invoke(an_invocation())
            assert outcome.error_type == "Runtime.ImportModuleError"
            phases = [message for message in made.messages() if message.startswith("INIT_REPORT")]
            assert ["Phase: init" in phases[0], "Phase: invoke" in phases[1]] == [True, True]
            assert list((tmp_path / "environments").iterdir()) == []
            assert outcome.record is not None
            assert (outcome.record.status, outcome.record.init_ms) == ("error", None)
            assert [event.message.split()[0] for event in outcome.record.logs][-3:] == ["START", "END", "REPORT"]
            service, function = made.host.traces.documents(outcome.record.trace_id) or []
            assert service["fault"] is function["fault"] is True

    asyncio.run(run())


def test_second_init_counts_toward_the_invocation_timeout(tmp_path: Path, runtime: Path) -> None:
    slow = "import time\ntime.sleep(1)\ndef handler(event, context):\n    return context.get_remaining_time_in_millis()"
    source = f"{FAILS_ONCE}\n{slow}"

    async def run() -> None:
        async with pool(source, tmp_path, runtime) as (opened, _):
            outcome = await opened.invoke(an_invocation())
            assert 20_000 < answered(outcome) < 29_000
            assert outcome.record is not None
            assert outcome.record.duration_ms > 1000

    asyncio.run(run())


def test_bug_of_the_platform_reaches_the_caller() -> None:
    async def launch(_: object) -> Environment:
        raise OSError("no more processes")

    async def run() -> None:
        opened = Pool(launch, timeout=1, concurrency=1)
        with pytest.raises(OSError, match="no more processes"):
            await opened.invoke(an_invocation())
        await opened.close()

    asyncio.run(run())
