"""Deployment while the embedded AWS serves, and cleanup when it ends."""

import json
import signal
import threading
from itertools import groupby, pairwise
from pathlib import Path

import httpx2
import pytest

from local_aws.commands.delivery import stack
from local_aws.session import Session
from tests.support.clone import Clone
from tests.support.deployed.traffic import Timed, Traffic
from tests.support.deployed.up import ROOT, Up, run
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client
from tests.support.services import SERVICES, deployed_name


def test_plan_after_apply_is_empty(up: Up, session: Session) -> None:
    with aws_client("cloudwatch", session.control_plane) as cloudwatch:
        assert cloudwatch.describe_alarms()["MetricAlarms"]
        assert cloudwatch.list_dashboards()["DashboardEntries"]
    assert stack(up.work, session.control_plane, session.variables).plan() is False


EDITED, *OTHERS = SERVICES
# Of clients at once. Each pauses for a moment after a response, hardly ever all of them together.
SLOW_SECONDS = (5, 4, 3, 2)
# A route that the first deployment adds and the second removes.
EDIT = """

from asyncio import sleep
from common.telemetry import logs

@app.get("{address}/slow/{{seconds}}")
async def slow(seconds: int) -> str:
    logs.logger().debug("not written, because the request succeeds")
    await sleep(seconds)
    return "edited"
"""


def test_edit_is_deployed_and_reverted_under_load(up: Up, session: Session, logs: Path, clone: Clone) -> None:
    services = httpx2.get(session.url).json()["services"]
    added = f"{services[EDITED]}/slow/0"
    slow = [f"{services[EDITED]}/slow/{seconds}" for seconds in SLOW_SECONDS]
    fast = [f"{address}/health" for address in services.values()]
    assert {httpx2.get(f"{session.url}{path}").status_code for path in fast} == {200}
    before = streams(logs)
    clone.edit(f"services/{EDITED}/app.py", EDIT.format(address=services[EDITED]))
    with Traffic(session.url, [added, *slow, *fast]) as traffic:
        eventually(lambda: statuses(traffic.responses[0][-1:]), [404])
        for root, status in ((clone.root, 200), (ROOT, 404)):
            deployed = run("deploy", "--work", str(up.work), root=root)
            assert deployed.returncode == 0, deployed.stdout
            eventually(lambda: statuses(traffic.responses[0][-1:]), [status])
    of_added, *others = traffic.responses
    of_slow, of_fast = others[: len(slow)], others[len(slow) :]
    assert {response.status for responses in of_fast for response in responses} == {200}
    assert statuses(of_added) == [404, 200, 404]
    for responses in of_slow:
        assert statuses(responses) in ([404, 200], [404, 200, 404])
    [removed] = [after for one, after in pairwise(of_added) if (one.status, after.status) == (200, 404)]
    # The version that is replaced responds to what it has begun.
    assert 200 in {one.status for responses in of_slow for one in responses if one.began < removed.began < one.ended}
    after = streams(logs)
    assert versions(after[EDITED]) == versions(before[EDITED]) + 2
    assert [versions(after[service]) - versions(before[service]) for service in OTHERS] == [0 for _ in OTHERS]
    assert stack(up.work, session.control_plane, session.variables).plan() is False


def statuses(responses: list[Timed]) -> list[int]:
    """Return the statuses without those that repeat the one before."""
    return [status for status, _ in groupby(response.status for response in responses)]


def streams(logs: Path) -> dict[str, set[str]]:
    """Return the log streams of each function, one per environment that has run."""
    return {
        service: {json.loads(line)["logStreamName"] for line in file.read_text().splitlines()}
        for service in SERVICES
        for file in [logs / f"{deployed_name(service)}.jsonl"]
    }


def versions(names: set[str]) -> int:
    """Return how many versions these environments ran. A stream is named date/[version]environment."""
    return len({name.partition("[")[2].partition("]")[0] for name in names})


def test_second_run_in_the_same_folder_is_rejected(up: Up) -> None:
    finished = run("up", "--port", "0", "--work", str(up.work))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        "local_aws: an embedded AWS runs here already: end it, or use `make deploy-local`"
    ]


def test_port_in_use_is_rejected_at_once(session: Session, tmp_path: Path) -> None:
    port = session.url.rpartition(":")[2]
    finished = run("up", "--port", port, "--work", str(tmp_path))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        f"local_aws: cannot serve on port {port}: Address already in use; choose another one with PORT=..."
    ]


def test_deploying_without_a_run_is_rejected(tmp_path: Path) -> None:
    finished = run("deploy", "--work", str(tmp_path))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        "local_aws: `make up` is not running here: start it in another terminal first (`make dev` is not enough)"
    ]


@pytest.mark.parametrize(
    ("child", "number"),
    [
        ("pants", signal.SIGINT),
        ("pants", signal.SIGTERM),
        ("pants", signal.SIGKILL),
        ("terraform-provider-aws", signal.SIGKILL),
    ],
)
def test_interrupted_run_leaves_no_process(tmp_path: Path, clone: Clone, child: str, number: signal.Signals) -> None:
    root = ROOT
    if child == "pants":  # it packages only what has changed
        root = clone.root
        clone.edit(f"services/{EDITED}/app.py")
    with Up(tmp_path, root=root) as up:
        up.wait_for_child(child)
        up.end(number)
        wait_until_nothing_is_left(up)


def test_run_ends_with_its_make(tmp_path: Path, clone: Clone) -> None:
    clone.edit(f"services/{EDITED}/app.py")
    shell = ("sh", "-c", '"$@"; echo the shell is still there', "sh")  # like make, it waits for its child
    with Up(tmp_path, root=clone.root, below=shell) as up:
        up.wait_for_child("pants")
        up.end(signal.SIGKILL)
        wait_until_nothing_is_left(up)


def wait_until_nothing_is_left(up: Up) -> None:
    """Poll until no process of the run is left. Terraform is killed after five seconds."""
    for _ in range(600):
        if not up.left_behind():
            return
        threading.Event().wait(0.1)
    raise AssertionError(up.left_behind())
