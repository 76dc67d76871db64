import base64
import json
from typing import Any

import pytest

from local_aws.apigateway.journal import KEPT_BYTES, Entry
from local_aws.awslambda.invocation import LogEvent
from local_aws.page.request_view import SETTLING, body_view, detail, summary
from tests.local_aws.page.seen_requests import BEGAN, a_call, a_record, a_segment, an_entry, an_event


def seen(entry: Entry, now: float = BEGAN + 60) -> dict[str, Any]:
    return detail(entry, [], [], now)


def test_summary_of_a_request() -> None:
    assert summary(an_entry(query="page=2&token=x")) == {
        "request_id": "outyCM2Urs1Di5E=",
        "received": BEGAN - 0.9,
        "method": "GET",
        "path": "/orders/1",
        "query": "page=2&token=[masked]",
        "status": 200,
        "duration_ms": 920.0,
        "function": "orders",
        "cold_start": True,
        "error_type": None,
    }


def test_warm_failed_and_unfinished_requests_differ() -> None:
    assert summary(an_entry(invocation=a_record(init_ms=None)))["cold_start"] is False
    assert summary(an_entry(invocation=a_record(error_type="Sandbox.Timedout")))["error_type"] == "Sandbox.Timedout"
    waiting = summary(an_entry(status=None, duration_ms=None, invocation=None))
    assert (waiting["status"], waiting["duration_ms"], waiting["function"]) == (None, None, None)


def test_gateway_response_has_no_event_and_no_logs() -> None:
    view = seen(an_entry(event=None, invocation=None, status=404, route_key=None, body=b'{"message":"Not Found"}'))
    assert (view["event"], view["event_body"], view["invocation"], view["logs"]) == (None, None, None, [])
    assert view["answer"]["body"]["content"] == '{"message":"Not Found"}'


def test_invocation_has_durations_memory_and_environment() -> None:
    view = seen(an_entry())["invocation"]
    assert view["duration_ms"] == pytest.approx(18, abs=0.01)
    assert (view["init_ms"], view["max_memory_mb"]) == (850.0, 93)
    assert view["environment"] == "2026/11/21/[1]832e77ed98b01effa681d4e29b16587b"
    assert "access_key_id" not in view


def test_secrets_are_masked_in_event_and_response() -> None:
    event = an_event(
        headers={"authorization": "Bearer hunter2", "cookie": "s=hunter2", "accept": "*/*"},
        cookies=["s=hunter2", "hunter2"],
        rawQueryString="token=hunter2&q=1",
        queryStringParameters={"token": "hunter2", "q": "1"},
        body='{"password":"hunter2","user":"a"}',
    )
    headers = (("set-cookie", "s=hunter2; Secure"), ("content-type", "application/json"))
    view = seen(an_entry(event=event, headers=headers, body=b'{"access_token":"hunter2"}', query="token=hunter2"))
    assert "hunter2" not in json.dumps(view)
    assert view["event"]["headers"] == {"authorization": "Bearer [masked]", "cookie": "s=[masked]", "accept": "*/*"}
    assert view["event"]["cookies"] == ["s=[masked]", "[masked]"]
    assert view["event"]["queryStringParameters"] == {"token": "[masked]", "q": "1"}
    assert view["answer"]["headers"][0] == ["set-cookie", "s=[masked]; Secure"]
    assert json.loads(view["event_body"]["content"]) == {"password": "[masked]", "user": "a"}


def test_secrets_are_masked_in_every_part_of_an_event() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.hunter2"
    event = an_event(
        rawPath=f"/orders/{token};password=hunter2",
        pathParameters={"proxy": f"1;password=hunter2/{token}", "token": "hunter2"},
        queryStringParameters={"next": "/x?access_token=hunter2", "pass%77ord": "hunter2"},
        requestContext={"http": {"path": f"/orders/{token}", "userAgent": '{"password":"hunter2"}'}},
    )
    assert "hunter2" not in json.dumps(seen(an_entry(event=event, path=f"/orders/{token};password=hunter2")))


def test_form_is_decoded_and_its_password_masked() -> None:
    body = base64.b64encode(b"username=a&password=hunter2").decode()
    view = seen(an_entry(event=an_event(body=body, isBase64Encoded=True)))
    assert view["event_body"] == {"content": "username=a&password=[masked]", "base64": False, "truncated": False}
    assert "body" not in view["event"]


def test_password_next_to_a_binary_file_is_masked() -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    view = body_view(form % (b"file", b"\xff\xd8") + form % (b"password", b"hunter2") + b"--b--")
    assert view["base64"]
    shown = base64.b64decode(view["content"])
    assert b"\xff\xd8" in shown
    assert b"hunter2" not in shown


def test_body_is_text_or_base64_and_marked_if_truncated() -> None:
    assert body_view("ü".encode()) == {"content": "ü", "base64": False, "truncated": False}
    assert body_view(b"\xff") == {"content": "/w==", "base64": True, "truncated": False}
    assert body_view(b"\xc3") == {"content": "ww==", "base64": True, "truncated": False}
    cut_within_a_character = b"x" * (KEPT_BYTES - 1) + "ü".encode()
    assert body_view(cut_within_a_character) == {
        "content": "x" * (KEPT_BYTES - 1),
        "base64": False,
        "truncated": True,
    }


def test_logs_are_shown_unchanged() -> None:
    line = json.dumps({"level": "ERROR", "password": "hunter2"})
    [shown] = seen(an_entry(invocation=a_record(logs=(LogEvent(7, line),))))["logs"]
    assert shown == {"timestamp": 7, "message": line, "source": "function", "level": "ERROR"}


def test_calls_have_action_resource_and_decision() -> None:
    call = a_call(allowed=False, status=400)
    [shown] = detail(an_entry(), [], [call], BEGAN)["calls"]
    assert (shown["action"], shown["allowed"], shown["status"]) == ("dynamodb:GetItem", False, 400)
    assert shown["resource"].endswith(":table/orders")
    assert "access_key_id" not in shown


def test_trace_times_start_at_its_first_segment() -> None:
    documents = [
        a_segment("service", aws={"request_id": a_record().request_id}),
        a_segment("inner", "service", 0.25, 0.5),
    ]
    trace = detail(an_entry(), documents, [], BEGAN)["trace"]
    assert trace["gateway"] == {"start_ms": 0, "duration_ms": 920.0}
    assert [(row["id"], row["start_ms"], row["duration_ms"]) for row in trace["rows"]] == [
        ("service", pytest.approx(900, abs=0.01), pytest.approx(1000, abs=0.01)),
        ("inner", pytest.approx(1150, abs=0.01), pytest.approx(250, abs=0.01)),
    ]
    assert trace["duration_ms"] == pytest.approx(1900, abs=0.01)


def test_request_is_settled_when_complete() -> None:
    answered = BEGAN + 0.02
    assert seen(an_entry(), answered + SETTLING + 0.1)["settled"]
    assert not seen(an_entry(), answered + SETTLING - 0.1)["settled"]
    assert not seen(an_entry(status=None, duration_ms=None, invocation=None))["settled"]
    assert not seen(an_entry(status=503, invocation=None), BEGAN + 3600)["settled"]
    late = an_entry(status=503, invocation=a_record(ended=BEGAN + 100))
    assert not seen(late, BEGAN + 101)["settled"]
    assert seen(an_entry(status=429, invocation=None), BEGAN + 3600)["settled"]
