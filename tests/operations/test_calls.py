"""What each operation asks of DynamoDB: exactly these calls, and as much work however many items there are."""

import pytest

from books.app import app as books_app
from tests.operations.costs import PAGE, render
from tests.operations.library import FILLED, library
from tests.operations.operations import OPERATIONS, Operation, measured
from tests.operations.recorder import Call
from users.app import app as users_app

FEW, MANY = FILLED, 10_000
HTTP = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def measurements() -> dict[int, dict[str, list[Call]]]:
    found = {}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        for count in (FEW, MANY):
            with library(count) as filled:
                found[count] = measured(filled)
    return found


def test_every_operation_of_the_documents_is_here() -> None:
    documented = {
        f"{method.upper()} {path}"
        for app in (users_app, books_app)
        for path, methods in app.openapi()["paths"].items()
        for method in set(methods) & HTTP
    }
    assert {operation.route for operation in OPERATIONS} == documented
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_makes_exactly_these_calls(
    measurements: dict[int, dict[str, list[Call]]], operation: Operation, count: int
) -> None:
    assert [call.said for call in measurements[count][operation.name]] == list(operation.calls)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_query_looks_at_one_item_more_than_it_shows_at_most_and_no_more_among_many(
    measurements: dict[int, dict[str, list[Call]]], operation: Operation
) -> None:
    few, many = (measurements[count][operation.name] for count in (FEW, MANY))
    assert few == many
    for call in few:
        assert (call.limit is None) == (not call.said.startswith("Query"))
        if call.limit is not None:
            assert call.scanned is not None
            assert 0 < call.scanned <= call.limit


def test_the_page_of_costs_is_up_to_date(measurements: dict[int, dict[str, list[Call]]]) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(measurements[FEW]), "run `make costs`"
