"""Deploying while the embedded AWS serves, and what a run leaves behind."""

import signal
import threading
from pathlib import Path

import httpx2
import pytest

from local_aws.delivery import stack
from local_aws.session import Session
from tests.e2e.command import Up, run


def test_after_apply_a_plan_finds_nothing_to_do(up: Up, session: Session) -> None:
    assert stack(up.work, session.control_plane, session.variables).plan() is False


def test_deploying_again_fails_no_request(up: Up, api: httpx2.Client) -> None:
    deployed = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not deployed.is_set():
            statuses.append(api.get("/users/1").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        finished = run("deploy", "--work", str(up.work))
    finally:
        deployed.set()
        asking.join()
    assert finished.returncode == 0, finished.stdout
    assert set(statuses) == {200}


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
def test_ended_half_way_it_leaves_no_process_behind(tmp_path: Path, child: str, number: signal.Signals) -> None:
    with Up(tmp_path) as up:
        up.wait_for_child(child)
        up.end(number)
        wait_until_nothing_is_left(up)


def test_it_ends_with_the_make_that_started_it(tmp_path: Path) -> None:
    shell = ("sh", "-c", '"$@"; echo the shell is still there', "sh")  # as make does, it waits for its child
    with Up(tmp_path, below=shell) as up:
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
