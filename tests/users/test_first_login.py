"""The network of a registration is known: a guesser does not keep a new user out of it."""

from typing import TYPE_CHECKING, Final

import pytest
from starlette.testclient import TestClient

from tests.users.examples import user
from tests.users.repositories import IMPLEMENTATIONS, repositories_on
from users.attempts import network_name
from users.domain import account_key
from users.failed_logins import ANONYMOUS, Failures

if TYPE_CHECKING:
    from tests.users.fake_repository import FakeUserRepository

EMAIL: Final = "new@example.com"
PASSWORD: Final = "a long enough sentence"
BODY: Final = {"email": EMAIL, "username": "new", "password": PASSWORD}
GUESSER_NETWORKS: Final = 10


def log_in(client: TestClient, password: str = PASSWORD) -> int:
    form = {"grant_type": "password", "username": EMAIL, "password": password}
    return client.post("/api/v1/users/token", data=form).status_code


def guess(api: TestClient) -> list[int]:
    """Guess from many networks, until no attempt from an unknown one is evaluated."""
    attempts = ANONYMOUS.together.at_once // GUESSER_NETWORKS + 1
    guessers = [TestClient(api.app, client=(f"198.51.{number}.7", 50000)) for number in range(GUESSER_NETWORKS)]
    return [log_in(guesser, "wrong") for guesser in guessers for _ in range(attempts)]


@pytest.fixture
def home(api: TestClient) -> TestClient:
    return TestClient(api.app, client=("192.0.2.7", 50000))


def test_first_login_from_the_network_of_the_registration_succeeds_while_many_networks_guess(
    api: TestClient, home: TestClient
) -> None:
    assert home.post("/api/v1/users", json=BODY).status_code == 201
    assert guess(api)[-1] == 429
    assert log_in(home) == 200
    assert log_in(TestClient(api.app, client=("203.0.113.7", 50000))) == 429


def test_administrators_do_not_make_their_own_network_known_by_registering_others(
    home: TestClient, users: "FakeUserRepository", admin: dict[str, str]
) -> None:
    response = home.post("/api/v1/users", json=BODY, headers=admin)
    assert response.status_code == 201
    assert users.failures == {}


def test_registration_without_a_password_makes_no_network_known(home: TestClient, users: "FakeUserRepository") -> None:
    assert home.post("/api/v1/users", json=BODY | {"password": None}).status_code == 201
    assert users.failures == {}


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_network_of_a_registration_is_stored_with_the_user(implementation: str) -> None:
    name = network_name(account_key(1), "192.0.2.0/24")
    known = Failures({name: 1_795_262_400})
    with repositories_on(implementation) as repositories:
        repositories.users.add(user(1), "hash", failures=known)
        assert repositories.failures.get(account_key(1)) == known
