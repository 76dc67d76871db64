"""The page that tells what operations cost."""

from collections.abc import Mapping

from tests.operations.costs import DOCUMENT, Played, document


def test_the_page_is_as_make_costs_writes_it(played: Mapping[str, Played]) -> None:
    assert DOCUMENT.read_text() == document(list(played.values())), "run: make costs"
