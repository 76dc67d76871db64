"""The page of the embedded AWS shows requests to the packaged functions."""

import json
import time
from typing import Any

import httpx2

from local_aws.session import Session
from tests.e2e.failures import signed_request
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.services import SERVICES, address, deployed_name

SECONDS = 60.0


def shown(session: Session, response: httpx2.Response, *spans: str) -> dict[str, Any]:
    """Return the page's view of a request once these spans have arrived. Each span arrives separately."""
    deadline = time.monotonic() + SECONDS
    while True:
        page = httpx2.get(f"{session.admin_url}/requests/{response.headers['apigw-requestid']}")
        view: dict[str, Any] = page.json()
        if view["invocation"] and {"## handler", *spans} <= {row["name"] for row in view["trace"]["rows"]}:
            return view
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_request_is_shown_with_event_logs_calls_and_trace(
    deployment: Deployment, session: Session, signer: Signer
) -> None:
    request = signed_request(deployment, signer, SERVICES[0])
    headers = signer.bearer(request.subject) | {"x-amzn-trace-id": "Sampled=1"}
    response = request.send(deployment, headers)
    view = shown(session, response, "dynamodb")
    assert (view["method"], view["path"], view["status"]) == (request.method, request.path, response.status_code)
    assert view["event"]["headers"]["authorization"] == "Bearer [masked]"
    assert view["answer"]["body"]["content"] == response.text
    lines = [json.loads(line["message"]) for line in view["logs"]]
    records = [line["type"].removeprefix("platform.") for line in lines if "type" in line]
    assert records[-2:] == ["start", "report"]
    assert records[:-2] == ["initStart"] * view["cold_start"]
    access = [line["status"] for line in lines if line.get("message") == "request"]
    assert access == [response.status_code]
    assert view["calls"]
    assert all(call["allowed"] for call in view["calls"])
    depths = {row["name"]: row["depth"] for row in view["trace"]["rows"]}
    assert depths["## handler"] == 2
    assert depths["dynamodb"] > 2


def test_applied_dashboard_shows_the_recorded_metrics(deployment: Deployment, session: Session, signer: Signer) -> None:
    request = signed_request(deployment, signer, SERVICES[0])
    request.send(deployment, signer.bearer(request.subject))
    deadline = time.monotonic() + SECONDS
    drawn: dict[str, bool] = {}
    while not drawn.get("Requests"):  # it is drawn when its period is over
        assert time.monotonic() < deadline, drawn
        time.sleep(0.5)
        response = httpx2.get(f"{session.admin_url}/dashboard.json")
        assert response.status_code == 200, response.text
        drawn = {widget["title"]: bool(widget["lines"]) for widget in response.json()["widgets"] if "title" in widget}
    for title in ("Invocations", "The API, ms", "Functions, ms", "DynamoDB by operation, average ms"):
        assert drawn[title], title
    assert not drawn["DynamoDB read units"]


def test_page_lists_functions_and_environments(deployment: Deployment, session: Session) -> None:
    response = deployment.api.get(f"{address(SERVICES[0])}/health")
    view = httpx2.get(f"{session.admin_url}/functions").json()
    assert view["api"] == session.url
    functions = {function["name"]: function for function in view["functions"]}
    assert sorted(functions) == [deployed_name(service) for service in SERVICES]
    name = shown(session, response)["invocation"]["environment"]
    environments = functions[deployed_name(SERVICES[0])]["environments"]
    assert name in [environment["name"] for environment in environments]
