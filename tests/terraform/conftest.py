"""One applied stack for every test of Terraform: it takes most of their time."""

from collections.abc import Iterator

import pytest

from tests.support.applied_stack import Applied, applied_stack


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
