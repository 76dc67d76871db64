"""Metrics and traces of the users service, where the conformance suite does not cover them."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

import pytest

from tests.support.profile import NOW
from tests.support.telemetry import Watched, watched
from tests.support.traces import flags, unexpected_metadata
from users.app import app
from users.argon2_adapter import Argon2Hasher
from users.dependencies import hasher, now

USERS = "/api/v1/users"
PASSWORD = "correct horse battery staple"
NEW = {"email": "engineer@example.com", "username": "senior-engineer", "password": PASSWORD}


@pytest.fixture
def service(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watched]:
    assert function_environment

    async def fixed() -> datetime:
        """Return one time, so that no delay passes on a slow machine."""
        return NOW

    async def cheap() -> Argon2Hasher:
        return Argon2Hasher(memory_kib=64, passes=1)

    monkeypatch.setitem(app.dependency_overrides, now, fixed)
    monkeypatch.setitem(app.dependency_overrides, hasher, cheap)
    with watched("users", monkeypatch, capsys) as service:
        yield service


def log_in(service: Watched, password: str) -> int:
    form = urlencode({"grant_type": "password", "username": NEW["email"], "password": password})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    status: int = service.send("POST", f"{USERS}/token", body=form, headers=headers)["statusCode"]
    return status


def test_rejected_logins_are_counted_and_early_ones_are_throttled(service: Watched) -> None:
    service.send("POST", USERS, json_body=NEW)
    for _ in range(5):
        assert log_in(service, "wrong") == 400
        assert service.domain_metrics() == {"TokensRefused": 1}
        assert flags(service.traces.one("users.log_in")) == {"error"}
    assert log_in(service, PASSWORD) == 429
    assert service.domain_metrics() == {"TokensRefused": 1}
    for name in ("users.log_in", "## handler"):
        assert flags(service.traces.one(name)) == {"error", "throttle"}
    assert log_in(service, "") == 400
    assert service.domain_metrics() == {}


def test_rejected_token_is_not_counted_as_a_rejected_login(service: Watched) -> None:
    assert service.send("GET", f"{USERS}/me", headers={"authorization": "Bearer made-up"})["statusCode"] == 401
    assert service.domain_metrics() == {}


def test_trace_holds_nothing_that_was_sent(service: Watched) -> None:
    service.send("POST", USERS, json_body=NEW)
    documents = list(service.traces.documents)
    log_in(service, PASSWORD)
    documents += service.traces.documents
    assert not unexpected_metadata(documents)
    traces = str(documents)
    for secret in (NEW["email"], NEW["username"], PASSWORD, "argon2", "EMAIL#"):
        assert secret not in traces
