"""20,000 mixed requests over 32 connections, with environments killed at random and two deployments in between."""

import asyncio
import os
import time
from collections import Counter
from typing import NamedTuple

import httpx2
import pytest

from local_aws.session import Session
from tests.conformance.soak.callers import subjects
from tests.conformance.soak.environments import deploy, kill_at_random, processes, resident
from tests.conformance.soak.kinds import Kind
from tests.conformance.soak.load import Load, meanwhile
from tests.conformance.soak.written import gateway_lines, invocations
from tests.support.deployed.signing import Signer
from tests.support.deployed.up import Up

REQUESTS = 20_000
CONNECTIONS = 32
WARM_UP = 500
MEASURED_AFTER = 2_000
DEPLOYED_AFTER = (7_000, 13_000)
MEMORY_GROWTH = 1.10
KILLED = 500  # what the gateway answers when the environment is killed
SETTLE_SECONDS = 60.0


class Resources(NamedTuple):
    """What the embedded AWS holds while no environment runs."""

    processes: int
    file_descriptors: int


def test_every_request_is_answered_once_and_nothing_leaks(
    up: Up, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = Signer(session)
    with httpx2.Client(base_url=session.url, timeout=60) as api:
        [subject] = subjects(api, signer.bearer, 1)

    def headers(kind: Kind, _: int) -> dict[str, str]:
        # A new one each time: the soak may last longer than a token is valid.
        return signer.bearer(subject) if kind.signed else {}

    asyncio.run(Load(session.url, WARM_UP, headers, first=REQUESTS).send(CONNECTIONS))
    deploy(session)
    before = resources(up, session)

    load = Load(session.url, REQUESTS, headers)
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

    expected = [answer.kind.status if answer.by_function else KILLED for answer in load.answers]
    assert [answer.status for answer in load.answers] == expected
    assert sum(not answer.by_function for answer in load.answers) <= len(kills)
    assert kills
    assert len(deployed) == len(DEPLOYED_AFTER)
    by_id = {answer.request_id: answer.status for answer in load.answers}
    assert len(by_id) == REQUESTS
    logged = [line for line in gateway_lines(up.work / "logs") if line["requestId"] in by_id]
    assert len(logged) == REQUESTS
    assert {line["requestId"]: int(line["status"]) for line in logged} == by_id
    lines = (line for invocation in invocations(up.work / "logs") for line in invocation.access)
    served = Counter(line["request_id"] for line in lines)
    assert max(served.values()) == 1  # No event was handed to two environments.
    unserved = [answer for answer in load.answers if answer.by_function and not served[answer.request_id]]
    assert unserved == []
    assert after == before
    assert memory[-1] <= memory[0] * MEMORY_GROWTH


async def play(
    load: Load, session: Session, up: Up, *, kills: list[int], memory: list[int], deployed: list[int]
) -> None:
    """Send the load, with all that happens meanwhile."""

    async def measure() -> None:
        await load.reached(MEASURED_AFTER)
        memory.append(resident(up.pid))

    async def deploy_in_between() -> None:
        for count in DEPLOYED_AFTER:
            await load.reached(count)
            await asyncio.to_thread(deploy, session)
            deployed.append(len(load.answers))

    async with meanwhile(measure(), kill_at_random(load, session, up, kills), deploy_in_between()):
        await load.send(CONNECTIONS)
    memory.append(resident(up.pid))


def resources(up: Up, session: Session, expected: Resources | None = None) -> Resources:
    """Count once old environments have ended and connections are closed, or (nothing tells when) after a minute."""
    deadline = time.monotonic() + SETTLE_SECONDS
    previous = None
    while True:
        found = Resources(len(up.left_behind()), len(os.listdir(f"/proc/{up.pid}/fd")))  # noqa: PTH208
        quiet = found == (previous if expected is None else expected) and not processes(session, up)
        if quiet or time.monotonic() > deadline:
            return found
        previous = found
        time.sleep(1)
