import asyncio
import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, override

import httpx2
import pytest
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from local_aws.apigateway.journal import Journal
from local_aws.awslambda.environment import View
from local_aws.cloudwatch.dashboard import DashboardError
from local_aws.model.deployment import DeploymentError
from local_aws.model.observed import Observed
from local_aws.page.admin import Admin
from local_aws.page.alarms_view import alarms_view
from local_aws.same_origin import bearing
from local_aws.xray.daemon import Traces
from tests.local_aws.cloudwatch.local_lines import an_observed
from tests.local_aws.page.seen_requests import BEGAN, KEY, TRACE, a_call, a_function, a_record, a_segment, an_entry

ADDRESS = "http://127.0.0.1:8123"


class Deployments:
    """Counts deployments, fails as set by the test, and has a dashboard."""

    def __init__(self) -> None:
        self.count = 0
        self.error: Exception | None = None

    async def deploy(self) -> None:
        self.count += 1
        if self.error:
            raise self.error

    def dashboard(self, now: float) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"end": now}


class Awaited(float):
    """Milliseconds that are not known before `known` is set."""

    asked: threading.Event
    known: threading.Event

    @override
    def __round__(self, digits: Any = None) -> Any:
        self.asked.set()
        assert self.known.wait(30), "nothing else was served meanwhile"
        return round(float(self), digits)


async def echo(request: Request) -> Response:
    return Response(await request.body())


@pytest.fixture
def deployments() -> Deployments:
    return Deployments()


@pytest.fixture
def admin(tmp_path: Path, deployments: Deployments) -> Admin:
    environment = View(a_record().environment, "idle", pid=42, launched=BEGAN, invocations=3, max_memory=93)
    return Admin(
        token="key",
        api="http://127.0.0.1:8000",
        functions=lambda: [(a_function(), [environment])],
        journal=Journal(),
        traces=Traces(),
        calls=tmp_path / "calls.jsonl",
        deploy=deployments.deploy,
        invoke=echo,
        initialise=echo,
        dashboard=deployments.dashboard,
        alarms=lambda: alarms_view([], []),
        observed=an_observed,
    )


@pytest.fixture
def client(admin: Admin) -> TestClient:
    return TestClient(admin.app(), base_url=ADDRESS, headers=bearing("key"))


def test_invocations_are_only_posted(client: TestClient) -> None:
    assert client.post("/invocations", content=b"event").content == b"event"
    assert client.get("/invocations").status_code == 405


def test_functions_show_environments_without_values_of_variables(client: TestClient) -> None:
    response = client.get("/functions")
    assert response.json()["api"] == "http://127.0.0.1:8000"
    [function] = response.json()["functions"]
    assert (function["name"], function["version"], function["memory_mb"], function["timeout_s"]) == (
        "orders",
        "3",
        1024,
        15,
    )
    assert function["variables"] == ["SIGNING_KEY", "TABLE_NAME"]
    assert "hunter2" not in response.text
    [environment] = function["environments"]
    assert environment.pop("age_s") >= 0
    assert environment == {
        "name": "2026/11/21/[1]832e77ed98b01effa681d4e29b16587b",
        "state": "idle",
        "pid": 42,
        "invocations": 3,
        "max_memory_mb": 93,
    }


def test_requests_are_listed_newest_first(client: TestClient, admin: Admin) -> None:
    assert client.get("/requests").json() == {"requests": []}
    admin.journal.add(an_entry("first"))
    admin.journal.add(an_entry("second"))
    assert [request["request_id"] for request in client.get("/requests").json()["requests"]] == ["second", "first"]


@pytest.mark.parametrize("path", ["/requests", "/requests/outyCM2Urs1Di5E="])
def test_others_are_served_while_requests_are_masked(admin: Admin, path: str) -> None:
    milliseconds = Awaited(850)
    milliseconds.asked, milliseconds.known = threading.Event(), threading.Event()
    admin.journal.add(an_entry(duration_ms=milliseconds))

    async def run() -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(admin.app()), base_url=ADDRESS) as client:
            masked = asyncio.create_task(client.get(path))
            await asyncio.to_thread(milliseconds.asked.wait)
            assert (await client.get("/functions")).status_code == 200
            milliseconds.known.set()
            assert (await masked).status_code == 200

    asyncio.run(run())


def test_request_has_its_trace_and_the_calls_of_its_invocation(client: TestClient, admin: Admin) -> None:
    admin.journal.add(an_entry())
    admin.traces.add(a_segment("service"))
    calls = {
        "of the initialisation": a_call(BEGAN - 0.8),
        "of the invocation": a_call(),
        "of the one before": a_call(BEGAN - 0.9),
        "of the one after": a_call(BEGAN + 0.1),
        "of another environment": replace(a_call(), access_key_id=KEY + "2"),
    }
    lines = [json.dumps(asdict(replace(call, role=name))) + "\n" for name, call in calls.items()]
    admin.calls.write_text("".join(lines))
    view = client.get("/requests/outyCM2Urs1Di5E%3D").json()
    assert view["request_id"] == "outyCM2Urs1Di5E="
    assert [row["id"] for row in view["trace"]["rows"]] == ["service"]
    assert [call["time"] for call in view["calls"]] == [BEGAN - 0.8, BEGAN + 0.005]


def test_request_without_invocation_has_no_calls(client: TestClient, admin: Admin) -> None:
    admin.journal.add(an_entry(invocation=None))
    admin.calls.write_text(json.dumps(asdict(a_call())) + "\n")
    assert client.get("/requests/outyCM2Urs1Di5E=").json()["calls"] == []


@pytest.mark.parametrize(("path", "noun"), [("/requests/unknown", "request"), ("/traces/1-0-0", "trace")])
def test_evicted_request_is_a_404(client: TestClient, path: str, noun: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"message": f"no such {noun}"})


def test_traces_are_returned_unchanged(client: TestClient, admin: Admin) -> None:
    document = a_segment("service", annotations={"any": ["thing"]})
    admin.traces.add(document)
    assert client.get("/traces").json() == {"traces": [TRACE]}
    assert client.get(f"/traces/{TRACE}").json() == {"id": TRACE, "segments": [document]}
    assert client.get("/segments").json() == {TRACE: [document]}


def test_lone_surrogate_can_be_shown(client: TestClient, admin: Admin) -> None:
    admin.journal.add(an_entry("half", path="/\ud800"))
    assert client.get("/requests").json()["requests"][0]["path"] == "/\ud800"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (None, 200, "deployed"),
        (DeploymentError("no API"), 409, "no API"),
        (OSError("disk full"), 500, "OSError: disk full"),
    ],
)
def test_deployment_responds_when_done_or_with_its_error(
    client: TestClient, deployments: Deployments, error: Exception | None, status: int, message: str
) -> None:
    deployments.error = error
    response = client.post("/deployments")
    assert (response.status_code, response.json()) == (status, {"message": message})
    assert deployments.count == 1


def test_dashboard_is_current_or_responds_with_its_error(client: TestClient, deployments: Deployments) -> None:
    assert client.get("/dashboard.json").json()["end"] == pytest.approx(time.time(), abs=60)
    deployments.error = DashboardError("widget 1: a pie")
    response = client.get("/dashboard.json")
    assert (response.status_code, response.json()) == (409, {"message": "widget 1: a pie"})
    deployments.error = ClientError({"Error": {"Code": "InternalFailure", "Message": "unknown"}}, "GetDashboard")
    response = client.get("/dashboard.json")
    assert (response.status_code, response.json()["message"][:25]) == (503, "The control plane failed:")


def test_alarms_are_shown(client: TestClient) -> None:
    assert client.get("/alarms.json").json() == {"period_s": 5, "alarms": [], "messages": []}


def test_runbook_entry_is_plain_text(client: TestClient) -> None:
    response = client.get("/runbook/service-5xx")
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("## service-5xx\n")
    assert client.get("/runbook/service-6xx").status_code == 404


def test_observed_can_be_read_again(client: TestClient) -> None:
    assert Observed(**client.get("/observed").json()) == an_observed()


@pytest.mark.parametrize("path", ["/", "/dashboard", "/alarms"])
def test_page_may_load_only_its_own_script_and_style(client: TestClient, path: str) -> None:
    response = client.get(path)
    for element in ("script", "style"):
        [content] = re.findall(rf"<{element}>(.*?)</{element}>", response.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert re.search(
            rf"{element}-src [^;]*'sha256-{re.escape(digest)}'", response.headers["content-security-policy"]
        )


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8123", "127.0.0.1", "127.0.0.1:8124", "localhost", ""])
def test_other_host_name_is_rejected(client: TestClient, deployments: Deployments, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/requests"), ("POST", "/deployments")):
        response = client.request(method, path, headers={"host": host})
        assert response.status_code == 421
        assert response.json() == {"message": "use the address 127.0.0.1:8123"}
    assert deployments.count == 0


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:8000", "https://127.0.0.1:8123", ""]
)
def test_other_origin_is_rejected(client: TestClient, deployments: Deployments, origin: str) -> None:
    for method, path in (("GET", "/requests"), ("POST", "/deployments"), ("OPTIONS", "/requests")):
        response = client.request(method, path, headers={"origin": origin})
        assert response.status_code == 403
        assert not [name for name in response.headers if name.startswith("access-control-")]
    assert deployments.count == 0


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer other", "Basic key"])
def test_another_user_of_the_machine_runs_nothing(
    client: TestClient, deployments: Deployments, authorization: str
) -> None:
    for path in ("/deployments", "/invocations", "/initialisations"):
        response = client.post(path, headers={"Authorization": authorization})
        assert response.status_code == 401
        assert response.json() == {"message": "send `Authorization: Bearer <AWS_SECRET_ACCESS_KEY of this run>`"}
    assert deployments.count == 0
    assert client.get("/functions", headers={"Authorization": authorization}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_request_of_another_site_is_rejected(client: TestClient, deployments: Deployments, site: str) -> None:
    for method, path in (("GET", "/requests"), ("POST", "/deployments")):
        assert client.request(method, path, headers={"sec-fetch-site": site}).status_code == 403
    assert deployments.count == 0


@pytest.mark.parametrize("own", ["127.0.0.1:8123", "localhost:8123"])
def test_page_is_served_under_both_host_names(client: TestClient, deployments: Deployments, own: str) -> None:
    headers = {"host": own, "origin": f"http://{own}"}
    assert client.get("/requests", headers=headers).status_code == 200
    assert client.post("/deployments", headers=headers).status_code == 200
    assert deployments.count == 1


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/dashboard",
        "/alarms",
        "/alarms.json",
        "/runbook/api-5xx",
        "/dashboard.json",
        "/requests",
        "/requests/unknown",
    ],
)
def test_every_response_has_security_headers(client: TestClient, path: str) -> None:
    headers: Any = client.get(path).headers
    policy = dict(directive.split(" ", 1) for directive in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
