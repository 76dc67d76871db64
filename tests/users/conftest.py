"""The users API on fakes, and its users."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from starlette.testclient import TestClient

from tests.support.tokens import accepting_tokens, bearer
from tests.users.examples import user
from tests.users.fake_logins import FakeFailureRepository, FakePasswordRepository, FastHasher
from tests.users.fake_repository import FakeUserRepository
from tests.users.repositories import IMPLEMENTATIONS, Repositories, repositories_on
from users.app import app
from users.dependencies import Adapters, hasher, now
from users.settings import Settings

ADMIN_SCOPE: Final = frozenset({"users:admin"})


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """One client for all tests: its thread takes longer to start than most tests."""
    with TestClient(app) as client:
        yield client


@pytest.fixture(params=IMPLEMENTATIONS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    """Empty repositories, the fakes and then the adapters."""
    with repositories_on(request.param) as repositories:
        yield repositories


@pytest.fixture
def users() -> FakeUserRepository:
    """Users 1 to 5: 1 is the only administrator, 4 is deactivated, 5 has no password."""
    users = FakeUserRepository()
    users.add(user(1, "cto@example.com", username="chief-tech", scopes=ADMIN_SCOPE), "fast:the administrator's")
    users.set_scopes(users.get(1), ADMIN_SCOPE)
    users.add(user(2, "self@example.com", username="self"), "fast:the user's own one")
    users.add(user(3, "other@example.com", username="other"), "fast:the other user's one")
    users.add(user(4, "inactive@example.com", username="inactive", is_active=False), "fast:the inactive user's one")
    users.add(user(5, "fresh@example.com", username="fresh"))
    return users


@pytest.fixture
def fast_hasher() -> FastHasher:
    return FastHasher()


@pytest.fixture
def public_user_read() -> bool:
    return True


@pytest.fixture
def api(
    client: TestClient,
    function_environment: dict[str, str],
    users: FakeUserRepository,
    fast_hasher: FastHasher,
    *,
    public_user_read: bool,
) -> Iterator[TestClient]:
    assert function_environment

    async def fake_hasher() -> FastHasher:
        return fast_hasher

    started = datetime.now(UTC)

    async def stopped_clock() -> datetime:
        """The delay after failed logins never ends, however slow the machine is."""
        return started

    before = dict(app.state._state)
    app.state.adapters = Adapters(
        Settings(TABLE_NAME="none", PUBLIC_USER_READ=public_user_read),
        users,
        FakePasswordRepository(users),
        FakeFailureRepository(users),
    )
    app.dependency_overrides |= {hasher: fake_hasher, now: stopped_clock}
    with accepting_tokens(app):
        yield client
    app.dependency_overrides.clear()
    # Otherwise tests that start the application would find the fakes.
    app.state._state.clear()
    app.state._state.update(before)


@pytest.fixture
def elsewhere(api: TestClient) -> TestClient:
    """A client in another network than that of `api`."""
    return TestClient(api.app, client=("198.51.100.7", 50000))


@pytest.fixture
def admin() -> dict[str, str]:
    """The header with the token of user 1, an administrator."""
    return bearer(1, "users:admin")


@pytest.fixture
def own() -> dict[str, str]:
    """The header with the token of user 2."""
    return bearer(2)
