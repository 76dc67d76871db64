"""Wrong responses of a deployment are said."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from common.http.protection import HEADERS
from tests.conformance.deployed import responses
from tests.conformance.deployed.__main__ import BROKEN
from tests.conformance.deployed.fakes import HEALTH, sender, target
from tests.conformance.deployed.report import Report, Timing

OURS = "https://app.example"
OK = {"status": "ok", "service": "parts"}


def answering(**options: object) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda _: httpx2.Response(200, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "said"), [(OK, []), (OK | {"service": "other"}, ["says"]), (OK | {"status": "ill"}, ["says"])]
)
def test_health_must_be_that_of_the_service(body: dict[str, str], said: list[str]) -> None:
    found = list(responses.health(target(), sender(answering(json=body))))
    assert [word in problem for word, problem in zip(said, found, strict=True)] == [True] * len(said)


@pytest.mark.parametrize("check", [responses.health, responses.documents])
@pytest.mark.parametrize("options", [{"html": "<p>Another server"}, {"json": ["ok"]}, {"content": b"\xff"}], ids=str)
def test_response_that_is_no_json_object_fails_the_check_in_one_line(
    check: Callable[..., Iterator[str]], options: dict[str, object]
) -> None:
    with pytest.raises(BROKEN, match=r"^/\S+ responds with .* instead of a JSON object$"):
        list(check(target(), sender(answering(**options))))


@pytest.mark.parametrize("missing", [None, *HEADERS])
def test_each_protecting_header_is_required(missing: str | None) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    found = list(responses.protection(target(), sender(answering(headers=headers))))
    assert found == ([f"{HEALTH}: {missing} is None instead of {HEADERS[missing]}"] if missing else [])


@pytest.mark.parametrize(
    ("seconds", "value", "right"),
    [
        ("60", "max-age=60; includeSubDomains", True),
        ("60", None, False),
        (None, "max-age=60", False),
        (None, None, True),
    ],
)
def test_hsts_is_that_of_the_function(seconds: str | None, value: str | None, right: bool) -> None:  # noqa: FBT001 - a row
    variables = {"HSTS_SECONDS": seconds} if seconds else {}
    headers = HEADERS | ({"Strict-Transport-Security": value} if value else {})
    assert (list(responses.protection(target(variables=variables), sender(answering(headers=headers)))) == []) is right


@pytest.mark.parametrize(
    ("origins", "allowed", "right"),
    [
        ((), None, True),
        ((), responses.FOREIGN, False),
        ((), "*", False),
        ((OURS,), OURS, True),
        ((OURS,), None, False),
        (("*",), "*", True),
        (("*",), None, False),
    ],
)
def test_origins_are_those_of_the_configuration(origins: tuple[str, ...], allowed: str | None, right: bool) -> None:  # noqa: FBT001 - a row
    def respond(request: httpx2.Request) -> httpx2.Response:
        given = allowed if allowed != OURS or request.headers["origin"] == OURS else None
        return httpx2.Response(200, headers={"access-control-allow-origin": given} if given else {})

    assert (list(responses.cors(target(origins=origins), sender(respond))) == []) is right


def test_report_lists_every_failure() -> None:
    report = Report({"Health": [], "Logs": ["no line", "no other line"]})
    assert report.failures == ["Logs: no line", "Logs: no other line"]


def test_times_of_a_service_are_a_row() -> None:
    client = [float(number) for number in range(1, 102)]
    assert (
        Timing("parts", client, [2.0], [300.0, 500.0], 2).row()
        == "| parts | 101 | 51.0 | 100.0 | 2.0 | 2.0 | 2 | 400 |"
    )
    assert Timing("parts", [], [], [], 0).row() == "| parts | 0 | - | - | - | - | 0 | - |"
