"""Deploying while the embedded AWS serves, and what a run leaves behind."""

import json
import signal
import threading
import time
from itertools import groupby
from pathlib import Path

import httpx2
import pytest

from local_aws.commands.delivery import stack
from local_aws.session import Session
from tests.e2e.command import ROOT, Up, run
from tests.e2e.traffic import Traffic
from tests.support.clone import Clone
from tests.support.moto_servers import aws_client


def test_after_apply_a_plan_finds_nothing_to_do_alarms_and_dashboard_included(up: Up, session: Session) -> None:
    with aws_client("cloudwatch", session.control_plane) as cloudwatch:
        assert cloudwatch.describe_alarms()["MetricAlarms"]
        assert cloudwatch.list_dashboards()["DashboardEntries"]
    assert stack(up.work, session.control_plane, session.variables).plan() is False


SECONDS_OF_SLOW = 4
SLOW = f"/api/v1/books/slow/{SECONDS_OF_SLOW}"
# A route that the first deployment brings and the second takes away.
EDIT = """

from asyncio import sleep
from common.telemetry import logs

@router.get("/slow/{seconds}")
async def slow(seconds: int) -> str:
    logs.logger().debug("nobody needs this line: the request succeeds")
    await sleep(seconds)
    return "edited"
"""
DEMO_BOOK = "/api/v1/books/019b76da-a800-7000-8000-000000000002"


def test_an_edit_is_deployed_and_taken_back_under_load(up: Up, session: Session, logs: Path, clone: Clone) -> None:
    fast = [DEMO_BOOK, DEMO_BOOK, "/users/1"]
    assert {httpx2.get(f"{session.url}{path}").status_code for path in fast} == {200}
    before = streams(logs)
    ended = []
    clone.edit("services/books/routes.py", EDIT)
    with Traffic(session.url, [*fast, SLOW, SLOW]) as traffic:
        for root, status in ((clone.root, 200), (ROOT, 404)):
            deployed = run("deploy", "--work", str(up.work), root=root)
            ended.append(time.monotonic())
            assert deployed.returncode == 0, deployed.stdout
            assert httpx2.get(f"{session.url}/api/v1/books/slow/0", timeout=30).status_code == status
    for answers in traffic.answers[: len(fast)]:
        assert {answer.status for answer in answers} == {200}
    for answers in traffic.answers[len(fast) :]:
        assert [status for status, _ in groupby(answer.status for answer in answers)] in ([404, 200], [404, 200, 404])
    in_flight = [answer for answers in traffic.answers for answer in answers if answer.began < ended[1] < answer.ended]
    assert 200 in {answer.status for answer in in_flight if answer.ended - answer.began > SECONDS_OF_SLOW}
    after = streams(logs)
    assert versions(after["books"]) == versions(before["books"]) + 2
    assert versions(after["users"]) == versions(before["users"])
    assert stack(up.work, session.control_plane, session.variables).plan() is False


def streams(logs: Path) -> dict[str, set[str]]:
    """The log streams of each function, one per environment that there has been."""
    return {
        service: {json.loads(line)["logStreamName"] for line in file.read_text().splitlines()}
        for service in ("books", "users")
        for file in [logs / f"bookshelf-dev-{service}.jsonl"]
    }


def versions(names: set[str]) -> int:
    """The number of versions that environments ran: a stream is named date/[version]environment."""
    return len({name.partition("[")[2].partition("]")[0] for name in names})


def test_a_second_one_in_the_same_folder_is_refused(up: Up) -> None:
    finished = run("up", "--port", "0", "--work", str(up.work))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        "local_aws: an embedded AWS runs here already: end it, or use `make deploy-local`"
    ]


def test_a_taken_port_is_refused_at_once(session: Session, tmp_path: Path) -> None:
    port = session.url.rpartition(":")[2]
    finished = run("up", "--port", port, "--work", str(tmp_path))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        f"local_aws: cannot serve on port {port}: Address already in use; PORT=... takes another"
    ]


def test_deploying_where_nothing_runs_is_refused(tmp_path: Path) -> None:
    finished = run("deploy", "--work", str(tmp_path))
    assert finished.returncode == 1
    assert finished.stdout.splitlines() == [
        "local_aws: nothing is running here: start `make up` in another terminal first"
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
def test_ended_half_way_it_leaves_no_process_behind(
    tmp_path: Path, clone: Clone, child: str, number: signal.Signals
) -> None:
    root = ROOT
    if child == "pants":  # which packages only what has changed
        root = clone.root
        clone.edit("services/users/routes.py")
    with Up(tmp_path, root=root) as up:
        up.wait_for_child(child)
        up.end(number)
        wait_until_nothing_is_left(up)


def test_it_ends_with_the_make_that_started_it(tmp_path: Path, clone: Clone) -> None:
    clone.edit("services/users/routes.py")
    shell = ("sh", "-c", '"$@"; echo the shell is still there', "sh")  # as make does, it waits for its child
    with Up(tmp_path, root=clone.root, below=shell) as up:
        up.wait_for_child("pants")
        up.end(signal.SIGKILL)
        wait_until_nothing_is_left(up)


def wait_until_nothing_is_left(up: Up) -> None:
    """Terraform gets five seconds to end by itself before it is killed; no event tells when it has."""
    for _ in range(600):
        if not up.left_behind():
            return
        threading.Event().wait(0.1)
    raise AssertionError(up.left_behind())
