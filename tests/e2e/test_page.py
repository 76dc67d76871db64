"""What the embedded AWS shows of a request to the packaged functions."""

import json
import time
from typing import Any

import httpx2

from local_aws.session import Session

SECONDS = 60.0


def shown(session: Session, answer: httpx2.Response) -> dict[str, Any]:
    """What is kept of a request once its trace is there, of which each part arrives by itself."""
    deadline = time.monotonic() + SECONDS
    while True:
        page = httpx2.get(f"{session.admin_url}/requests/{answer.headers['apigw-requestid']}")
        view: dict[str, Any] = page.json()
        names = [row["name"] for row in view["trace"]["rows"]]
        if view["invocation"] and "dynamodb" in names and "## handler" in names:
            return view
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_request_is_shown_with_all_that_it_left(deployed_api: httpx2.Client, session: Session) -> None:
    body = {"email": "page@example.com", "username": "page"}
    headers = {"authorization": "Bearer of.the.test", "x-amzn-trace-id": "Sampled=1"}
    answer = deployed_api.post("/api/v1/users", json=body, headers=headers)
    view = shown(session, answer)
    assert (view["method"], view["path"], view["status"]) == ("POST", "/api/v1/users", 201)
    assert view["event"]["headers"]["authorization"] == "Bearer [masked]"
    assert view["event_body"]["content"] == answer.request.content.decode()
    assert view["answer"]["body"]["content"] == answer.text
    lines = [json.loads(line["message"]) for line in view["logs"]]
    said = [line["type"].removeprefix("platform.") for line in lines if "type" in line]
    assert said[-2:] == ["start", "report"]
    assert said[:-2] == ["initStart"] * view["cold_start"]
    assert [line["status"] for line in lines if line.get("message") == "request"] == [201]
    calls = {(call["operation"], call["action"], call["allowed"]) for call in view["calls"]}
    assert calls == {("TransactWriteItems", "dynamodb:PutItem", True)}
    depths = {row["name"]: row["depth"] for row in view["trace"]["rows"]}
    assert [depths[name] for name in ("## handler", "users.register", "dynamodb")] == [2, 3, 4]


def test_the_applied_dashboard_is_shown_with_what_happened(deployed_api: httpx2.Client, session: Session) -> None:
    assert deployed_api.get("/users/1").status_code == 200
    deadline = time.monotonic() + SECONDS
    drawn: dict[str, bool] = {}
    while not drawn.get("Requests"):  # It comes when its period is over.
        assert time.monotonic() < deadline, drawn
        time.sleep(0.5)
        answer = httpx2.get(f"{session.admin_url}/dashboard.json")
        assert answer.status_code == 200, answer.text
        drawn = {widget["title"]: bool(widget["lines"]) for widget in answer.json()["widgets"] if "title" in widget}
    for title in ("Invocations", "The API, ms", "Functions, ms", "DynamoDB by operation, average ms"):
        assert drawn[title], title
    assert not drawn["DynamoDB read units"]


def test_the_page_lists_the_functions_with_the_environments_that_answered(
    deployed_api: httpx2.Client, session: Session
) -> None:
    answer = deployed_api.get("/users/1")
    view = httpx2.get(f"{session.admin_url}/functions").json()
    assert view["api"] == session.url
    functions = {function["name"]: function for function in view["functions"]}
    assert sorted(functions) == ["bookshelf-dev-books", "bookshelf-dev-users"]
    name = shown(session, answer)["invocation"]["environment"]
    assert name in [environment["name"] for environment in functions["bookshelf-dev-users"]["environments"]]
