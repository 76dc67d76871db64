"""20,000 mixed requests over 32 connections, with environments killed at random and two deployments in between."""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.command import Up
from tests.e2e.signing import Signer
from tests.soak.load import Load, meanwhile

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import RouteSettingsTypeDef
    from mypy_boto3_lambda import LambdaClient

REQUESTS = 20_000
CONNECTIONS = 32
WARM_UP = 500
MEASURED_AFTER = 2_000
DEPLOYED_AFTER = (7_000, 13_000)
SECONDS_BETWEEN_KILLS = 2.0
MEMORY_GROWTH = 1.10
KILLED = 500  # what a request gets whose environment is killed
SETTLE_SECONDS = 60.0
TOKEN_SECONDS = 3600
FUNCTIONS = ("bookshelf-dev-books", "bookshelf-dev-users")


class Resources(NamedTuple):
    """What the embedded AWS holds while no environment runs."""

    processes: int
    file_descriptors: int


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with Up(tmp_path / "up") as running:
        running.wait_for("Serving on")
        yield running
        assert running.end() == 0
        assert running.left_behind() == []


def test_every_request_is_answered_once_and_nothing_leaks(up: Up, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session.read(up.work)
    lift_throttling(session)
    deploy(session)
    token = Signer(session).bearer("1", exp=int(time.time()) + TOKEN_SECONDS)
    asyncio.run(Load(session.url, WARM_UP, token, first=REQUESTS).send(CONNECTIONS))
    deploy(session)
    before = resources(up, session)

    load = Load(session.url, REQUESTS, token)
    kills: list[int] = []
    memory: list[int] = []
    deployed: list[int] = []
    began = time.monotonic()
    asyncio.run(play(load, session, up, kills=kills, memory=memory, deployed=deployed))
    seconds = time.monotonic() - began
    deploy(session)
    after = resources(up, session, expected=before)

    statuses = Counter(answer.status for answer in load.answers)
    with capsys.disabled():
        print(f"\n{REQUESTS} requests over {CONNECTIONS} connections: {seconds:.0f} s, {REQUESTS / seconds:.0f} per s")
        print(f"answers by status: {dict(sorted(statuses.items()))}")
        print(f"environments killed: {len(kills)}; deployments at request {deployed}")
        print(f"memory of the data plane: {memory[0]} kB after {MEASURED_AFTER} requests, {memory[-1]} kB at the end")
        print(f"before: {before}\nafter:  {after}")

    assert [answer for answer in load.answers if answer.status not in (answer.kind.status, KILLED)] == []
    assert statuses[KILLED] <= len(kills)
    assert kills
    assert len(deployed) == len(DEPLOYED_AFTER)
    by_id = {answer.request_id: answer.status for answer in load.answers}
    assert len(by_id) == REQUESTS
    logged = [line for line in access_lines(up) if line["requestId"] in by_id]
    assert len(logged) == REQUESTS
    assert {line["requestId"]: int(line["status"]) for line in logged} == by_id
    served = handled(up)
    assert max(served.values()) == 1  # No event was handed to two environments.
    unserved = [answer for answer in load.answers if not served[answer.request_id] and answer.status != KILLED]
    assert unserved == []
    assert after == before
    assert memory[-1] <= memory[0] * MEMORY_GROWTH


async def play(
    load: Load, session: Session, up: Up, *, kills: list[int], memory: list[int], deployed: list[int]
) -> None:
    """Send the load, with all that happens meanwhile."""

    async def measure() -> None:
        await load.reached(MEASURED_AFTER)
        memory.append(resident(up))

    async def kill() -> None:
        dice = random.Random(0)  # noqa: S311 - nothing depends on its being hard to guess
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            pids = await asyncio.to_thread(environments, session, up)
            if pids:
                kills.append(dice.choice(pids))
                os.kill(kills[-1], signal.SIGKILL)

    async def deploy_in_between() -> None:
        for count in DEPLOYED_AFTER:
            await load.reached(count)
            await asyncio.to_thread(deploy, session)
            deployed.append(len(load.answers))

    async with meanwhile(measure(), kill(), deploy_in_between()):
        await load.send(CONNECTIONS)
    memory.append(resident(up))


def lift_throttling(session: Session) -> None:
    """Let more through than the stage's settings do: what is tested is behind them."""
    client: ApiGatewayV2Client = boto3.client("apigatewayv2", **operator(session))
    [api] = client.get_apis()["Items"]
    limits: RouteSettingsTypeDef = {"ThrottlingRateLimit": 10_000.0, "ThrottlingBurstLimit": 5_000}
    client.update_stage(ApiId=api["ApiId"], StageName="$default", DefaultRouteSettings=limits)


def deploy(session: Session) -> None:
    """Publish a new version of every function, and have it served."""
    client: LambdaClient = boto3.client("lambda", **operator(session))
    for name in FUNCTIONS:
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["DEPLOYED_AT"] = str(time.time())
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    httpx2.post(f"{session.admin_url}/deployments", timeout=60).raise_for_status()


def operator(session: Session) -> dict[str, Any]:
    environment = session.control_plane
    return {
        "endpoint_url": environment["AWS_ENDPOINT_URL"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        "region_name": environment["AWS_REGION"],
    }


def environments(session: Session, up: Up) -> list[int]:
    """The processes of the functions that are served, which are children of the data plane."""
    functions = httpx2.get(f"{session.admin_url}/functions").json()["functions"]
    pids = [environment["pid"] for function in functions for environment in function["environments"]]
    return [pid for pid in pids if parent(pid) == up.pid]


def parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def resident(up: Up) -> int:
    """The memory that the data plane's process holds, in kB."""
    status = Path(f"/proc/{up.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def resources(up: Up, session: Session, expected: Resources | None = None) -> Resources:
    """Count once old environments have ended and connections are closed, or (nothing tells when) after a minute."""
    deadline = time.monotonic() + SETTLE_SECONDS
    previous = None
    while True:
        found = Resources(len(up.left_behind()), len(os.listdir(f"/proc/{up.pid}/fd")))  # noqa: PTH208
        quiet = found == (previous if expected is None else expected) and not environments(session, up)
        if quiet or time.monotonic() > deadline:
            return found
        previous = found
        time.sleep(1)


def access_lines(up: Up) -> list[dict[str, Any]]:
    """What the gateway's access log says."""
    [file] = (up.work / "logs").glob("*.access.jsonl")
    return [json.loads(json.loads(line)["message"]) for line in file.read_text().splitlines()]


def handled(up: Up) -> Counter[str]:
    """How often the functions say that they have answered each request of the gateway."""
    found: Counter[str] = Counter()
    for name in FUNCTIONS:
        for line in (up.work / "logs" / f"{name}.jsonl").read_text().splitlines():
            message = json.loads(line)["message"]
            if '"message":"request"' in message.replace(": ", ":"):
                found[json.loads(message)["request_id"]] += 1
    return found
