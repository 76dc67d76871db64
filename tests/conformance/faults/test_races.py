"""Many requests at once with faults: what is acknowledged is stored, once."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any

import httpx2
import pytest

from tests.conformance.faults.outcome import reference
from tests.conformance.faults.target import OPERATIONS, SEED, Target, changes, takes_key
from tests.conformance.found import Row
from tests.e2e.failures import new_number
from tests.support.services import deployed_name

CONNECTIONS = 16
KEYS, POSTS = 50, 500
PATCHES = 1000
CREATING = [row for row in OPERATIONS if takes_key(row)]
VERSIONED = [
    row
    for row in OPERATIONS
    if row.operation.method == "PATCH" and any(case.problem == "version-mismatch" for case in row.operation.cases)
]


def in_parallel[Job, Result](
    api: httpx2.Client, jobs: Sequence[Job], do: Callable[[httpx2.Client, Job], Result]
) -> list[Result]:
    """Do all jobs over 16 connections, and return the results in the order of the jobs."""
    free: SimpleQueue[httpx2.Client] = SimpleQueue()

    def run(job: Job) -> Result:
        client = free.get()
        try:
            return do(client, job)
        finally:
            free.put(client)

    with ExitStack() as stack, ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in range(CONNECTIONS):
            free.put(stack.enter_context(httpx2.Client(base_url=api.base_url, timeout=60)))
        return list(pool.map(run, jobs))


@pytest.mark.parametrize("row", CREATING, ids=str)
def test_500_posts_of_50_keys_create_50_things(target: Target, row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    expected = reference(target, row).changed
    request = target.prepared(row)
    numbers = [new_number() for _ in range(KEYS)]
    statuses: Counter[int] = Counter()

    def post(api: httpx2.Client, number: int) -> httpx2.Response:
        sent = dict(row.operation.send(number))
        headers = {**request.headers, **sent.pop("headers", {}), "Idempotency-Key": f'"{SEED}{number:012}"'}
        while True:
            response = api.post(request.path, headers=headers, **sent)
            statuses[response.status_code] += 1
            if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                return response

    before = target.stored(row.service)
    caller = {"caller": deployed_name(row.service), "service": "dynamodb", "count": None}
    began = time.monotonic()
    target.plan.replace(
        {"kind": "kill", "every": 60, **caller},
        {"kind": "kill-applied", "every": 61, **caller},
        {"kind": "throttle", "every": 5, **caller},
        {"kind": "lost", "every": 13, **caller},
    )
    responses = in_parallel(target.deployment.api, [number for number in numbers for _ in range(POSTS // KEYS)], post)
    hit = {fault["kind"]: fault["hit"] for fault in target.plan.report()}
    target.plan.clear()
    seconds = time.monotonic() - began
    with capsys.disabled():
        print(f"\n{row}: {POSTS} POSTs of {KEYS} keys over {CONNECTIONS} connections in {seconds:.0f} s")
        print(f"  faults: {hit}; responses: {dict(sorted(statuses.items()))}")

    assert {response.status_code for response in responses} == {request.status}
    by_key = [responses[at : at + POSTS // KEYS] for at in range(0, POSTS, POSTS // KEYS)]
    for same in by_key:
        assert len({(one.content, one.headers["location"], one.headers.get("etag")) for one in same}) == 1
    assert len({same[0].headers["location"] for same in by_key}) == KEYS
    assert all(hit.values())
    created = changes(before, target.stored(row.service))
    assert created == Counter({change: count * KEYS for change, count in expected.items()})


@pytest.mark.parametrize("every", [None, 50], ids=["no fault", "each 50th response lost"])
@pytest.mark.parametrize("row", VERSIONED, ids=str)
def test_version_of_1000_patches_is_the_number_of_successes(
    target: Target, row: Row, every: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    request = target.prepared(row)
    changed = request.arguments["json"]
    dice = random.Random(0)  # noqa: S311 - the same mixture every time
    first = latest = version(request.send(target.deployment.api))
    statuses: Counter[int] = Counter()

    def patch(api: httpx2.Client, job: tuple[int, bool]) -> None:
        nonlocal latest
        number, fresh = job
        body = {name: f"{value}{number}" if isinstance(value, str) else value for name, value in changed.items()}
        headers = {**request.headers, "If-Match": f'"{latest if fresh else latest - 1}"'}
        response = api.patch(request.path, headers=headers, json=body)
        statuses[response.status_code] += 1
        if response.is_success:
            latest = max(latest, version(response))

    jobs = [(number, dice.random() < 0.5) for number in range(PATCHES)]
    began = time.monotonic()
    if every:
        lost = {"kind": "lost", "every": every, "count": None, "service": "dynamodb"}
        target.plan.replace({"caller": deployed_name(row.service), **lost})
    in_parallel(target.deployment.api, jobs, patch)
    hit: dict[str, Any] = {fault["kind"]: fault["hit"] for fault in target.plan.report()}
    target.plan.clear()
    seconds = time.monotonic() - began
    last = version(target.deployment.api.get(request.path, headers=dict(request.headers)))
    with capsys.disabled():
        print(f"\n{row}: {PATCHES} PATCHes over {CONNECTIONS} connections in {seconds:.0f} s")
        print(f"  faults: {hit}; responses: {dict(sorted(statuses.items()))}; version {first} -> {last}")
    served, unavailable = statuses[HTTPStatus.OK], statuses[HTTPStatus.SERVICE_UNAVAILABLE]
    assert served + unavailable + statuses[HTTPStatus.PRECONDITION_FAILED] == PATCHES
    assert served > 0
    # If all attempts of a call lose their responses, 503 leaves open whether it was applied.
    assert served <= last - first <= served + (unavailable if every else 0)


def version(response: httpx2.Response) -> int:
    """Return the version in a response's ETag."""
    assert response.is_success, response.text
    return int(response.headers["etag"].strip('"'))
