import asyncio
import resource
from pathlib import Path

import httpx2
import pytest

from local_aws.data_plane.server import DataPlane
from local_aws.model.deployment import DeploymentError
from tests.local_aws.apigateway.served import ECHO, Applied, echo, served, zipped
from tests.local_aws.awslambda.gate import PASS, Gate
from tests.local_aws.zips import CONTROL_PLANE, NOWHERE, Zips, a_deployment, a_function, assume, deliver

VERSION = (
    PASS
    + """
def handler(event, context):
    if event["rawPath"] != "/":
        pass_gate(event["rawPath"])
    return "{}"
"""
)


def test_new_deployment_takes_over_while_the_old_one_finishes(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def run() -> None:
        old, new = (a_function(code=zipped(zips, VERSION.format(version)), timeout=20) for version in ("old", "new"))
        applied = Applied(a_deployment(old))
        async with served(applied, work) as (plane, client):
            with Gate(tmp_path) as gate:
                assert (await client.get("/")).text == "old"
                slow = asyncio.create_task(client.get(str(gate.path)))
                await gate.arrived()
                applied.deployment = a_deployment(new)
                response = await client.post(f"{plane.admin_url}/deployments", headers=plane.authorization)
                assert (response.status_code, response.json()) == (200, {"message": "deployed"})
                assert (await client.get("/")).text == "new"
                assert not slow.done()
                assert len(list((work / "code").iterdir())) == 2
                gate.open()
                assert (await slow).text == "old"
        assert len(list((work / "code").iterdir())) == 1

    asyncio.run(run())


def test_ending_does_not_wait_for_old_environments(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def run() -> None:
        old, new = (a_function(code=zipped(zips, VERSION.format(version)), timeout=600) for version in ("old", "new"))
        applied = Applied(a_deployment(old))
        with Gate(tmp_path) as gate:
            async with served(applied, work) as (plane, client):
                slow = asyncio.create_task(client.get(str(gate.path)))
                await gate.arrived()
                applied.deployment = a_deployment(new)
                await plane.deploy()
            with pytest.raises(httpx2.TransportError):
                await slow
        assert list((work / "environments").iterdir()) == []

    asyncio.run(run())


def test_connections_are_limited_only_by_the_system(zips: Zips, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work):
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)

    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most - 1, most))
    try:
        asyncio.run(run())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_reserved_concurrency_limits_the_function(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def run() -> None:
        function = a_function(code=zipped(zips, VERSION.format("one")), timeout=20, reserved_concurrency=1)
        async with served(Applied(a_deployment(function)), work) as (_, client):
            with Gate(tmp_path) as gate:
                slow = asyncio.create_task(client.get(str(gate.path)))
                await gate.arrived()
                rejected = await client.get("/")
                assert (rejected.status_code, rejected.content) == (429, b'{"message":"Too Many Requests"}')
                gate.open()
                assert (await slow).text == "one"
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_deploying_under_load_fails_no_request(zips: Zips, work: Path) -> None:
    async def run() -> None:
        functions = [a_function(code=zipped(zips, VERSION.format(version)), timeout=20) for version in range(3)]
        applied = Applied(a_deployment(functions[0]))
        async with served(applied, work) as (plane, client):
            over = asyncio.Event()
            responses: list[str] = []

            async def load() -> None:
                while not over.is_set():
                    response = await client.get("/")
                    assert response.status_code == 200
                    responses.append(response.text)

            tasks = [asyncio.create_task(load()) for _ in range(3)]
            for function in functions:
                applied.deployment = a_deployment(function)
                await plane.deploy()
                reached = len(responses) + 10
                while len(responses) < reached:
                    await asyncio.wait(tasks, timeout=0.02)
                    assert not any(task.done() for task in tasks)
            over.set()
            await asyncio.gather(*tasks)
            assert set(responses) == {"0", "1", "2"}
            assert responses[-1] == "2"

    asyncio.run(run())


def test_unchanged_function_keeps_its_environment(zips: Zips, work: Path) -> None:
    async def run() -> None:
        source = "import os\ndef handler(event, context):\n    return str(os.getpid())"
        function = a_function(code=zipped(zips, source))
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            before = (await client.get("/")).text
            await plane.deploy()
            assert (await client.get("/")).text == before

    asyncio.run(run())


def test_rejected_deployment_changes_nothing(zips: Zips, work: Path) -> None:
    async def run() -> None:
        applied = Applied(a_deployment(a_function(code=zipped(zips, ECHO))))
        async with served(applied, work) as (plane, client):
            applied.deployment = a_deployment(a_function(code=NOWHERE))
            rejected = await client.post(f"{plane.admin_url}/deployments", headers=plane.authorization)
            assert rejected.status_code == 409
            assert "cannot fetch http://127.0.0.1:1/absent.zip" in rejected.json()["message"]
            assert (await client.get("/")).status_code == 200

    asyncio.run(run())


def test_data_plane_that_fails_to_start_leaves_nothing(work: Path) -> None:
    async def run() -> None:
        with pytest.raises(DeploymentError, match="cannot fetch"):
            async with served(Applied(a_deployment(a_function())), work):
                pytest.fail("it must not start")
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_leftovers_of_a_killed_data_plane_are_deleted(zips: Zips, work: Path) -> None:
    async def run() -> None:
        left = work / "environments/left"
        left.mkdir(parents=True)
        async with echo(zips, work):
            assert not left.exists()

    asyncio.run(run())


def test_port_in_use_is_reported(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def run() -> None:
        async with echo(zips, work) as (plane, _):
            applied = Applied(a_deployment(a_function(code=zipped(zips, ECHO))))
            port = int(plane.url.rpartition(":")[2])
            other = tmp_path / "other"
            taken = DataPlane(CONTROL_PLANE, other, port, read=applied.read, assume=assume, deliver=deliver)
            with pytest.raises(OSError, match="in use"):
                await taken.__aenter__()

    asyncio.run(run())


def test_later_layers_override_earlier_ones(zips: Zips, work: Path) -> None:
    async def run() -> None:
        layers = (
            zips.add({"python/first.py": "value = 1", "python/second.py": "value = 1"}),
            zips.add({"python/second.py": "value = 2"}),
        )
        source = "import first, second\ndef handler(event, context):\n    return [first.value, second.value]"
        function = a_function(code=zipped(zips, source), layers=layers)
        async with served(Applied(a_deployment(function)), work) as (_, client):
            assert (await client.get("/")).json() == [1, 2]

    asyncio.run(run())
