"""A copy of the repository with one additional service, made once for all tests."""

import pytest

from tests.scaffold.workshop import Workshop


@pytest.fixture(scope="session")
def with_new_service(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return a copy with the additional service `quaggas`. Tests that change it restore it."""
    workshop = Workshop(tmp_path_factory.mktemp("scaffold") / "clone")
    workshop.succeed("new", "--name", "quaggas")
    return workshop
