"""Every case played once, for all tests that look at what came of it."""

from collections.abc import Mapping

import pytest

from tests.operations.costs import Played, play_all


@pytest.fixture(scope="session")
def played() -> Mapping[str, Played]:
    return {str(each.case): each for each in play_all()}
