"""The page's view of requests, read from the document that Chromium builds."""

import asyncio
import re
from pathlib import Path

from local_aws.apigateway.journal import Entry, Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.awslambda.invocation import LogEvent
from local_aws.page.admin import Admin
from local_aws.page.alarms_view import alarms_view
from local_aws.page.chromium import Chromium
from local_aws.xray.daemon import Traces
from tests.chromium.views import never_invoked
from tests.local_aws.cloudwatch.local_lines import an_observed
from tests.local_aws.page.seen_requests import a_function, a_record, a_segment, an_entry, an_event

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def shown(tmp_path: Path, *entries: Entry, chosen: str = "") -> str:
    """Return the document that Chromium builds of the page, with the request in its URL."""

    async def run() -> str:
        journal, traces = Journal(), Traces()
        for entry in entries:
            journal.add(entry)
        traces.add(a_segment("segment", name=HOSTILE, fault=True, cause={"exceptions": [{"type": HOSTILE}]}))

        async def deploy() -> None:
            raise AssertionError

        admin = Admin(
            token="key",
            api="http://127.0.0.1:8000",
            functions=lambda: [(a_function(), [])],
            journal=journal,
            traces=traces,
            calls=tmp_path / "calls.jsonl",
            deploy=deploy,
            invoke=never_invoked,
            initialise=never_invoked,
            dashboard=lambda _: {},
            alarms=lambda: alarms_view([], []),
            observed=an_observed,
        )
        async with LoopbackServer(admin.app()) as server:
            return await asyncio.to_thread(Chromium.found().document, f"{server.url}/#{chosen}")

    return asyncio.run(run())


def test_markup_in_a_request_is_shown_as_text(tmp_path: Path) -> None:
    event = an_event(rawPath=HOSTILE, headers={HOSTILE: HOSTILE}, body=HOSTILE)
    record = a_record(
        function=HOSTILE, error_type=HOSTILE, logs=(LogEvent(1, HOSTILE), LogEvent(1, f'{{"message":"{HOSTILE[:8]}"}}'))
    )
    entry = an_entry(
        path=HOSTILE,
        query=HOSTILE,
        event=event,
        body=HOSTILE.encode(),
        headers=((HOSTILE, HOSTILE),),
        invocation=record,
    )
    document = shown(tmp_path, entry)
    assert "<title>Embedded AWS</title>" in document
    assert document.count("<script") == 1
    assert "<img" not in document
    for place in ("title", "facts", "spans", "cause", "logs", "line", "path"):
        assert re.search(rf'class="[^"]*\b{place}\b[^"]*".*?&lt;script', document, re.DOTALL), place
    assert document.count("&lt;script&gt;document.title=") > 8


def test_page_without_requests_shows_an_example_request(tmp_path: Path) -> None:
    document = shown(tmp_path)
    assert "No request yet: <code>curl http://127.0.0.1:8000/</code>" in document
    assert "No environment: the next request starts one." in document


def test_request_in_the_url_is_shown_and_marked(tmp_path: Path) -> None:
    document = shown(tmp_path, an_entry("old=", path="/old"), an_entry("new=", path="/new"), chosen="old=")
    assert re.findall(r'<a href="([^"]*)" title="[^"]*" aria-current="true">', document) == ["#old%3D"]
    assert "<b>GET</b>/old<" in document


def test_newest_request_is_shown_by_default(tmp_path: Path) -> None:
    document = shown(tmp_path, an_entry("old=", path="/old"), an_entry("new=", path="/new"))
    assert "<b>GET</b>/new<" in document
    assert '<a id="newest" href="#" hidden="">' in document
