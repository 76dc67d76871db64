"""A new service passes the type checks, its own tests and the common suites."""

import pytest

from tests.scaffold.workshop import Workshop, share_caches


@pytest.fixture(scope="module")
def workshop(with_new_service: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    workshop = with_new_service.copy(tmp_path_factory.mktemp("new-service") / "clone")
    share_caches(workshop.root)
    return workshop


def test_new_service_passes_type_checks(workshop: Workshop) -> None:
    workshop.module("mypy", "services/quaggas", "tests/quaggas")


def test_new_service_passes_its_own_tests(workshop: Workshop) -> None:
    workshop.module("pytest", "-q", "tests/quaggas")


def test_new_service_passes_the_common_suites(workshop: Workshop) -> None:
    workshop.module("pytest", "-q", "tests/conformance/in_process", "tests/common/architecture", "-k", "quaggas")
    workshop.module("pytest", "-q", "tests/contract")


def test_names_that_are_also_words_or_examples_pass(workshop: Workshop) -> None:
    for name in ("reviews", "orders", "events"):
        workshop.succeed("new", "--name", name)
    workshop.module("pytest", "-q", "tests/monorepo")
