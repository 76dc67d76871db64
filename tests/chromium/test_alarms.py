"""The alarms on the page, as Chromium shows them."""

import asyncio
from pathlib import Path
from typing import Any

from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.page.admin import Admin
from local_aws.page.chromium import Chromium
from local_aws.page.devtools import Tab, visiting
from local_aws.xray.daemon import Traces
from tests.chromium.views import never_invoked
from tests.local_aws.cloudwatch.local_lines import an_observed

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def an_alarm(name: str = "shop-dev-orders-5xx", state: str = "ALARM", **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "reason": "Threshold Crossed",
        "since": 1_795_255_201.5,
        "description": "Look first at the query.",
        "entry": "service-5xx",
    } | changes


def a_message(**changes: Any) -> dict[str, Any]:
    return {
        "time": 1_795_255_201.5,
        "subject": 'ALARM: "shop-dev-orders-5xx" in Europe (Frankfurt)',
        "topic": "shop-dev-alarms",
        "error": None,
        "message": {"NewStateValue": "ALARM"},
    } | changes


def seen(alarms: list[dict[str, Any]], messages: list[dict[str, Any]], *expressions: str) -> list[Any]:
    """Show a view, and return the values of JavaScript expressions."""

    async def deploy() -> None:
        raise AssertionError

    def look(url: str) -> list[Any]:
        with visiting(Chromium.found(), url, width=1280, height=900) as tab:
            assert tab.appears("#alarms li")
            return [_evaluated(tab, expression) for expression in expressions]

    async def run() -> list[Any]:
        admin = Admin(
            token="key",
            api="http://127.0.0.1:8000",
            functions=list,
            journal=Journal(),
            traces=Traces(),
            calls=Path("calls.jsonl"),
            deploy=deploy,
            invoke=never_invoked,
            initialise=never_invoked,
            dashboard=lambda _: {},
            alarms=lambda: {"period_s": 5, "alarms": alarms, "messages": messages},
            observed=an_observed,
        )
        async with LoopbackServer(admin.app()) as server:
            return await asyncio.to_thread(look, f"{server.url}/alarms")

    return asyncio.run(run())


def _evaluated(tab: Tab, expression: str) -> Any:
    return tab.evaluate(f"(() => {{ const all = (s) => [...document.querySelectorAll(s)]; return {expression}; }})()")


def test_states_have_their_colours_and_reasons() -> None:
    alarms = [an_alarm(), an_alarm("b", "INSUFFICIENT_DATA"), an_alarm("c", "OK")]
    states, colours, texts = seen(
        alarms,
        [],
        "all('.state').map((badge) => badge.textContent)",
        "new Set(all('.state').map((badge) => getComputedStyle(badge).backgroundColor)).size",
        "all('#alarms li').map((item) => item.innerText)",
    )
    assert states == ["ALARM", "INSUFFICIENT DATA", "OK"]
    assert colours == 3
    assert ["Threshold Crossed" in text for text in texts] == [True] * 3
    assert ["Look first" in text for text in texts] == [True, False, False]


def test_alarm_links_to_its_runbook_entry() -> None:
    [links, entry] = seen(
        [an_alarm(), an_alarm("b", entry=None)],
        [],
        "all('#alarms a').map((link) => link.getAttribute('href'))",
        "fetch(all('#alarms a')[0].href).then((response) => response.text())",
    )
    assert links == ["/runbook/service-5xx"]
    assert entry.startswith("## service-5xx")


def test_messages_are_shown_with_their_topic() -> None:
    failed = a_message(error="NotFound: no such topic")
    [lines, content] = seen(
        [an_alarm()],
        [a_message(), failed],
        "all('#messages summary').map((line) => line.innerText)",
        "all('#messages pre')[0].textContent",
    )
    assert "to shop-dev-alarms" in lines[0]
    assert "not published to shop-dev-alarms: NotFound: no such topic" in lines[1]
    assert content == '{\n  "NewStateValue": "ALARM"\n}'


def test_empty_lists_say_so() -> None:
    assert seen([], [], "all('li').map((item) => item.textContent)") == [["No alarm is applied.", "No messages yet."]]


def test_markup_in_names_and_messages_is_shown_as_text() -> None:
    alarm = an_alarm(HOSTILE, reason=HOSTILE, description=HOSTILE, entry=HOSTILE)
    message = a_message(subject=HOSTILE, topic=HOSTILE, error=HOSTILE, message={HOSTILE: HOSTILE})
    found = seen([alarm], [message], "document.title", "all('script').length", "all('img').length")
    assert found == ["Alarms of the embedded AWS", 1, 0]
