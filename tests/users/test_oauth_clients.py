"""Clients of OAuth log in over a socket, and report a wrong password and a throttled login as their own errors."""

import asyncio
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
from starlette.testclient import TestClient

from local_aws.apigateway.loopback_server import LoopbackServer
from tests.users.fake_repository import FakeUserRepository
from tests.users.oauth_clients import CLIENTS, OAuthClient
from users.domain import account_key
from users.failed_logins import ALL_UNKNOWN, ANONYMOUS, WAIT, Failures

EMAIL = "self@example.com"
PASSWORD = "the user's own one"


@pytest.fixture
def url(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the API with the fakes of `api`, on loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    serving, ended = threading.Event(), threading.Event()
    address = ""

    async def serve() -> None:
        nonlocal address
        async with LoopbackServer(api.app) as server:
            address = server.url
            serving.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert serving.wait(10)
        yield address
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("library", CLIENTS.values(), ids=CLIENTS)
def test_library_logs_in_and_reports_a_wrong_password(url: str, library: OAuthClient) -> None:
    token = library.fetch(f"{url}/api/v1/users/token", EMAIL, PASSWORD)
    assert (token["token_type"], token["expires_in"]) == ("bearer", 900)
    me = httpx2.get(f"{url}/api/v1/users/me", headers={"authorization": f"Bearer {token['access_token']}"})
    assert me.json()["email"] == EMAIL
    with pytest.raises(library.refused) as refusal:
        library.fetch(f"{url}/api/v1/users/token", EMAIL, "wrong")
    assert refusal.value.error == "invalid_grant"
    assert "No active user" in str(refusal.value)


@pytest.mark.parametrize("library", CLIENTS.values(), ids=CLIENTS)
def test_library_reports_a_throttled_login_in_words(url: str, users: FakeUserRepository, library: OAuthClient) -> None:
    users.failures[account_key(2)] = Failures(spent={ANONYMOUS.name: {ALL_UNKNOWN: int(time.time()) + 7200}})
    with pytest.raises(library.refused) as refusal:
        library.fetch(f"{url}/api/v1/users/token", EMAIL, PASSWORD)
    assert refusal.value.error == "temporarily_unavailable"
    assert WAIT in str(refusal.value)
