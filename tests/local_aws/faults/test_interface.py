"""The interface of the plan: what it serves, to whom, and how it rejects."""

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from local_aws.control_plane.server import ControlPlane, ControlPlaneError
from tests.support.fault_plan import FaultPlan


def key(control_plane: ControlPlane) -> dict[str, str]:
    return {"authorization": f"Bearer {control_plane.environment['AWS_SECRET_ACCESS_KEY']}"}


def send(control_plane: ControlPlane, method: str = "GET", **arguments: Any) -> httpx2.Response:
    return httpx2.request(method, control_plane.faults_url, **{"headers": key(control_plane)} | arguments)


def problem(response: httpx2.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert (document["type"], document["status"]) == ("about:blank", response.status_code)
    return response.status_code, document["detail"]


def test_faults_are_listed_added_and_removed(control_plane: ControlPlane, plan: FaultPlan) -> None:
    assert plan.report() == []
    added = send(control_plane, "POST", json={"kind": "delay", "seconds": 2})
    assert added.status_code == 201
    fault = {"kind": "delay", "caller": "*", "service": "*", "operation": "*", "after": 0, "every": 1, "count": 1}
    counted = {"seen": 0, "hit": 0, "calls": []}
    assert added.json() == {"faults": [fault | {"seconds": 2} | counted]}
    plan.add({"kind": "throttle"}, {"kind": "reset"})
    assert [fault["kind"] for fault in plan.report()] == ["delay", "throttle", "reset"]
    removed = send(control_plane, "DELETE")
    assert (removed.status_code, removed.content, plan.report()) == (204, b"", [])


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "The body must be JSON: a fault, or a list of faults."),
        (b"[" * 100_000, "The body must be JSON: a fault, or a list of faults."),
        (b'{"kind": "reset", "kind": "error"}', "The body must be JSON: a fault, or a list of faults."),
        (b"\xff", "The body must be JSON: a fault, or a list of faults."),
        (b'[{"kind": "throttle"}, {"kind": "throttle", "count": "all"}]', "The plan is not valid: fault 2: count must"),
    ],
    ids=["syntax", "nested", "repeated", "not UTF-8", "rule"],
)
def test_invalid_plan_is_a_400_and_adds_nothing(
    control_plane: ControlPlane, plan: FaultPlan, body: bytes, detail: str
) -> None:
    status, found = problem(send(control_plane, "POST", content=body))
    assert (status, found[: len(detail)]) == (400, detail)
    assert plan.report() == []


def test_too_large_plan_is_rejected(control_plane: ControlPlane) -> None:
    assert problem(send(control_plane, "POST", content=b" " * 1_000_001))[0] == 413


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "\xb2"])
def test_malformed_length_is_named(control_plane: ControlPlane, length: str) -> None:
    headers = {**key(control_plane), "content-length": length}
    with closing(http.client.HTTPConnection(urlsplit(control_plane.faults_url).netloc, timeout=5)) as connection:
        connection.request("POST", "/faults", headers=headers)
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())["detail"]) == (
            400,
            "Content-Length must be a number of bytes.",
        )


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer other", "Basic testing"])
def test_request_without_the_key_is_rejected(control_plane: ControlPlane, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    response = send(control_plane, headers=headers)
    assert (problem(response)[0], response.headers["www-authenticate"]) == (401, "Bearer")


def test_another_host_is_rejected(control_plane: ControlPlane) -> None:
    assert problem(send(control_plane, headers=key(control_plane) | {"host": "rebound.example"}))[0] == 421


@pytest.mark.parametrize("host", ["rebound.example", None])
def test_absolute_target_hides_no_host(control_plane: ControlPlane, host: str | None) -> None:
    own = urlsplit(control_plane.faults_url).netloc
    with closing(http.client.HTTPConnection(own, timeout=5)) as connection:
        connection.request("GET", f"http://{own}/faults", headers=key(control_plane) | {"host": host or own})
        assert connection.getresponse().status == 421


def test_another_origin_is_rejected(control_plane: ControlPlane) -> None:
    headers = key(control_plane) | {"origin": "https://attacker.example"}
    assert problem(send(control_plane, "DELETE", headers=headers))[0] == 403


def test_unknown_path_and_method(control_plane: ControlPlane) -> None:
    other = httpx2.get(control_plane.faults_url + "/1", headers=key(control_plane))
    assert problem(other) == (404, "The only path is /faults.")
    put = send(control_plane, "PUT")
    assert (problem(put)[0], put.headers["allow"]) == (405, "DELETE, GET, POST")


def test_port_listens_on_loopback_only(control_plane: ControlPlane) -> None:
    connection = http.client.HTTPConnection("127.0.0.2", urlsplit(control_plane.faults_url).port or 0, timeout=5)
    with pytest.raises(OSError, match=r"refused|assign|unreachable|timed out"):
        connection.request("GET", "/faults")


def test_control_plane_starts_with_the_faults_of_a_file(tmp_path: Any) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "throttle", "caller": "shop-*", "count": None}]))
    with ControlPlane(faults=file) as running, closing(FaultPlan.of(running)) as plan:
        [fault] = plan.report()
    assert (fault["kind"], fault["caller"], fault["count"]) == ("throttle", "shop-*", None)


def test_control_plane_does_not_start_with_an_invalid_file(tmp_path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"kind": "slow"}')
    with pytest.raises(ControlPlaneError), ControlPlane(faults=file):
        pytest.fail("entered")
    assert "faults.json: kind must be one of" in capfd.readouterr().err
