"""One applied stack for all Terraform tests, because applying takes most of their time."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.applied_stack import Applied, applied_stack
from tests.support.moto_servers import aws_client

DESTROYS = "test_destroy_leaves_nothing_and_needs_no_zips"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The test that destroys the stack runs last. The sort is stable, so all others keep their order.
    items.sort(key=lambda item: item.path.parent == Path(__file__).parent and item.name == DESTROYS)


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def aws(applied: Applied) -> Any:
    """Return clients by name: `aws("lambda")`."""
    with ExitStack() as open_clients:
        yield lambda service: open_clients.enter_context(aws_client(service, applied.environment))
