"""The hook finds the new version, sends it requests, and reports a result whatever happens."""

import io
import json
import logging
from typing import Any

import pytest

from release_hook.hook import Hook
from tests.release_hook.fakes import PATH, Change, Deployment, Service


def run(service: Service, deployment: Deployment | None = None) -> str:
    """Return the reported status."""
    deployment = deployment or Deployment()
    Hook(deployment, service, {"shop-things": PATH}).run("d-1", "e-1")
    [(deployment_id, execution_id, status)] = deployment.reported
    assert (deployment_id, execution_id) == ("d-1", "e-1")
    return status


def header(name: str, value: str | None) -> Change:
    def change(response: dict[str, Any]) -> None:
        response["headers"].pop(name)
        if value is not None:
            response["headers"][name] = value

    return change


def status(code: int) -> Change:
    return lambda response: response.update(statusCode=code)


def body(value: object) -> Change:
    return lambda response: response.update(body=json.dumps(value), isBase64Encoded=False)


def test_health_documented_reads_and_an_unknown_path_are_requested() -> None:
    service = Service()
    assert run(service) == "Succeeded"
    assert service.requested() == [
        f"{PATH}/health",
        f"{PATH}/openapi.json",
        PATH,
        f"{PATH}/mine",
        f"{PATH}/open",
        f"{PATH}/release-hook/unknown/path",
    ]


def test_events_are_those_of_an_http_api_without_credentials() -> None:
    service = Service()
    run(service)
    event = service.events[0]
    assert (event["version"], event["isBase64Encoded"]) == ("2.0", False)
    assert event["requestContext"]["http"]["method"] == "GET"
    assert "authorization" not in event["headers"]
    assert len({each["requestContext"]["requestId"] for each in service.events}) == len(service.events)


@pytest.mark.parametrize(
    ("path", "change", "reason"),
    [
        (f"{PATH}/health", status(500), "the status is 500, not 200"),
        (f"{PATH}/health", body({"status": "degraded"}), "the status is not ok"),
        (f"{PATH}/health", lambda response: response.update(body="<html>"), "the body is not JSON"),
        (f"{PATH}/health", header("X-Content-Type-Options", None), "x-content-type-options is not nosniff"),
        (f"{PATH}/health", header("Referrer-Policy", "origin"), "referrer-policy is not no-referrer"),
        (f"{PATH}/health", header("Cache-Control", None), "the header cache-control is missing"),
        (f"{PATH}/health", header("X-Request-Id", "another"), "x-request-id is not the request's id"),
        (f"{PATH}/openapi.json", status(404), "the status is 404, not 200"),
        (PATH, status(503), "the status is 503, not 200"),
        (PATH, status(400), "the status is 400, not 200"),
        (f"{PATH}/mine", status(200), "the status is 200, not 401"),
        (f"{PATH}/open", status(401), "the status is 401, not 200 or 404"),
        (f"{PATH}/release-hook/unknown/path", status(200), "the status is 200, not 404"),
        (
            f"{PATH}/release-hook/unknown/path",
            header("Content-Type", "text/html"),
            "the content type of the 404 is not application/problem\\+json",
        ),
        (f"{PATH}/release-hook/unknown/path", body({"status": 400}), "another status than the response"),
    ],
)
def test_wrong_response_fails(path: str, change: Change, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    service.changes[path] = change
    assert run(service) == "Failed"
    assert service.requested()[-1] == path
    [record] = caplog.records
    assert record.exc_info
    with pytest.raises(Exception, match=reason):
        raise record.exc_info[1]  # type: ignore[misc]


@pytest.mark.parametrize(
    "result",
    [
        {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")},
        {"Payload": io.BytesIO(b"null")},
        {"Payload": io.BytesIO(b"{}")},
        {"Payload": io.BytesIO(b"not JSON")},
        {"Payload": io.BytesIO(b'{"statusCode": "much", "headers": {}}')},
    ],
)
def test_function_that_does_not_respond_fails(result: dict[str, Any]) -> None:
    service = Service()
    service.results[f"{PATH}/health"] = result
    assert run(service) == "Failed"


def test_unknown_function_fails() -> None:
    assert run(Service(), Deployment("another")) == "Failed"


def test_log_has_the_paths_but_no_content(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    service = Service()
    service.changes[f"{PATH}/open"] = body({"status": 404, "detail": "a secret"})
    assert run(service) == "Succeeded"
    [record] = caplog.records
    assert record.getMessage().startswith(f"version 7 of shop-things passed: {PATH}/health, ")
    assert "secret" not in caplog.text


def test_document_with_security_for_all_operations_requires_a_token() -> None:
    service = Service()
    document = {"security": [{"bearer": []}], "paths": {f"{PATH}/mine": {"get": {"responses": {}}}}}
    service.changes[f"{PATH}/openapi.json"] = body(document)
    assert run(service) == "Succeeded"
    assert f"{PATH}/mine" in service.requested()
