"""The page about what operations cost."""

from collections.abc import Callable

from tests.conformance.found import DESCRIBED
from tests.conformance.in_process.conftest import Exchanges
from tests.conformance.in_process.costs import DOCUMENT, document
from tests.conformance.in_process.pages import assert_current


def test_page_is_as_make_costs_writes_it(exchanges: Callable[[str], Exchanges]) -> None:
    everything = {name: exchange for service in DESCRIBED for name, exchange in exchanges(service).items()}
    assert_current(DOCUMENT, document(everything), "make costs")
