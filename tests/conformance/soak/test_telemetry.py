"""10,000 mixed requests with kills: what a function answered is logged and counted once, and memory does not grow."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from monorepo.product import product
from tests.conformance.found import DESCRIBED, profile
from tests.conformance.soak.callers import Callers, subjects
from tests.conformance.soak.environments import FUNCTIONS, deploy, environments, kill_at_random, resident
from tests.conformance.soak.kinds import BUGS, KINDS, Kind
from tests.conformance.soak.ledger import Ledger, samples
from tests.conformance.soak.load import Load, meanwhile
from tests.conformance.soak.written import Invocation, Line, gateway_lines, invocations
from tests.support.deployed.signing import Signer
from tests.support.deployed.up import Up
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REQUESTS = 10_000
CONNECTIONS = 16
CALLERS = 5
MEASURED_AFTER = 1_000
MEMORY_GROWTH = 1.05
SHOWN = 5  # of thousands that would say the same
ALL_KINDS = (*KINDS, *BUGS)


@pytest.fixture(scope="module")
def logs(up: Up) -> Path:
    return up.work / "logs"


@pytest.fixture
def callers(session: Session) -> Callers:
    signer = Signer(session)
    with httpx2.Client(base_url=session.url, timeout=60) as api:
        found = subjects(api, signer.bearer, CALLERS)
    return Callers(found, signer.bearer)


@pytest.fixture(autouse=True)
def _broken_items(session: Session) -> None:
    client: DynamoDBClient = operator_client("dynamodb", session.control_plane)
    for service in DESCRIBED:
        client.put_item(TableName=f"{product().name}-dev-{service}", Item=profile(service).broken.item)


def test_what_a_function_answers_is_logged_and_counted_once_whatever_is_killed(
    up: Up, session: Session, logs: Path, callers: Callers, capsys: pytest.CaptureFixture[str]
) -> None:
    load = Load(session.url, REQUESTS, callers.headers, kinds=ALL_KINDS)
    kills: list[int] = []

    async def play() -> None:
        async with meanwhile(kill_at_random(load, session, up, kills)):
            await load.send(CONNECTIONS)

    earlier = renewed(session, logs)
    began = time.monotonic()
    asyncio.run(play())
    seconds = time.monotonic() - began
    ledger = Ledger.of(load.answers, written_since(earlier, logs))
    lost = {answer.request_id for answer in load.answers if not answer.by_function}
    logged = Counter(len(invocation.access) for invocation in ledger.cut_short)
    counted = Counter(samples(invocation).total() for invocation in ledger.cut_short)
    with capsys.disabled():
        print(f"\n{REQUESTS} requests over {CONNECTIONS} connections: {seconds:.0f} s, {REQUESTS / seconds:.0f} per s")
        print(
            f"answered by a function: {len(ledger.answered)}; access lines: {ledger.access_lines().total()}; ", end=""
        )
        print(f"samples of Latency: {ledger.latencies().total()}, of {len(ledger.latencies())} services and routes")
        print(f"environments killed: {len(kills)}, while they served: {len(lost)}; of those ", end="")
        print(f"{logged[1]} had written their access line and {counted[1]} their metrics")

    check(ledger, load, callers, logs)
    # Who is killed after its access line and before its answer is taken leaves the one line, and perhaps the sample.
    assert len(ledger.cut_short) == len(lost) <= len(kills)
    for invocation in ledger.cut_short:
        assert [line["request_id"] in lost for line in invocation.access] in ([], [True])
        lines = Counter((line["service"], line["route"]) for line in invocation.access)
        assert samples(invocation) <= lines
        assert len(invocation.torn) <= 1
    assert lost


def test_memory_after_ten_thousand_requests_is_that_after_one_thousand(
    session: Session, logs: Path, callers: Callers, capsys: pytest.CaptureFixture[str]
) -> None:
    # One connection each, and so one environment each.
    loads = {
        service: Load(session.url, REQUESTS, callers.headers, place * REQUESTS, kinds_of(service))
        for place, service in enumerate(FUNCTIONS, start=1)
    }
    early: dict[str, tuple[int, int]] = {}
    late: dict[str, tuple[int, int]] = {}

    async def measure(service: str) -> None:
        await loads[service].reached(MEASURED_AFTER)
        early[service] = await asyncio.to_thread(only_process, session, service)

    async def play() -> None:
        async with meanwhile(*(measure(service) for service in loads)):
            async with asyncio.TaskGroup() as group:
                for load in loads.values():
                    group.create_task(load.send(1))
            for service in loads:
                late[service] = only_process(session, service)

    earlier = renewed(session, logs)
    asyncio.run(play())
    written = written_since(earlier, logs)
    with capsys.disabled():
        for service in loads:
            (_, before), (_, after) = early[service], late[service]
            print(f"\n{service}: {before} kB after {MEASURED_AFTER} requests, ", end="")
            print(f"{after} kB after {REQUESTS}: {after / before - 1:+.1%}", end="")
        print()

    for service, load in loads.items():
        of_service = [one for one in written if one.function == FUNCTIONS[service]]
        assert len({one.environment for one in of_service}) == 1
        ledger = Ledger.of(load.answers, of_service)
        check(ledger, load, callers, logs)
        assert ledger.cut_short == []
        (process, before), (same_process, after) = early[service], late[service]
        assert process == same_process
        assert after <= before * MEMORY_GROWTH


def renewed(session: Session, logs: Path) -> set[str]:
    """Have new environments serve from now on; return the names of all earlier ones that have served."""
    deploy(session)
    return {invocation.environment for invocation in invocations(logs)}


def written_since(earlier: set[str], logs: Path) -> list[Invocation]:
    return [invocation for invocation in invocations(logs) if invocation.environment not in earlier]


def kinds_of(service: str) -> list[Kind]:
    return [kind for kind in ALL_KINDS if kind.service == service]


def only_process(session: Session, service: str) -> tuple[int, int]:
    """The process of a service's only environment, and the memory that it holds in kB."""
    [environment] = environments(session)[FUNCTIONS[service]]
    return environment["pid"], resident(environment["pid"])


def check(ledger: Ledger, load: Load, callers: Callers, logs: Path) -> None:
    """Requests = lines of the gateway = access lines = samples of `Latency`, and all of them say what they must."""
    by_function = {answer.request_id: answer.by_function for answer in load.answers}
    assert len(by_function) == load.requests

    def said_by_gateway() -> list[Line]:
        return [line for line in gateway_lines(logs) if line["requestId"] in by_function]

    eventually(lambda: len(said_by_gateway()), load.requests)
    assert {line["requestId"]: line["integrationErrorMessage"] == "-" for line in said_by_gateway()} == by_function
    assert len(ledger.answered) == sum(answer.by_function for answer in load.answers)
    assert ledger.requests() == ledger.access_lines() == ledger.latencies()
    assert ledger.mistakes(callers)[:SHOWN] == []
