"""A new service is sound at once: types, its own tests, and what every service must do."""

import pytest

from tests.scaffold.workshop import Workshop, share_caches


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    workshop = Workshop(tmp_path_factory.mktemp("scaffold") / "clone")
    share_caches(workshop.root)
    workshop.succeed("new", "--name", "quaggas")
    return workshop


def test_no_type_is_wrong(workshop: Workshop) -> None:
    workshop.module("mypy", "services/quaggas", "tests/quaggas")


def test_its_own_tests_pass(workshop: Workshop) -> None:
    workshop.module("pytest", "-q", "tests/quaggas")


def test_it_does_what_every_service_must_do(workshop: Workshop) -> None:
    workshop.module(
        "pytest", "-q", "tests/conformance/in_process", "tests/common/test_architecture.py", "-k", "quaggas"
    )
