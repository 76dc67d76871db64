"""Any sequence of calls: the adapters behave like the fakes and leave no orphaned item."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from books.loan_repository import DynamoLoanRepository
from books.repository import DynamoBookRepository
from common.dynamodb.table import Table
from common.dynamodb.writes import ItemKey
from common.failures import Failure
from tests.books.examples import book, loan
from tests.books.fake_loan_repository import FakeLoanRepository
from tests.books.fake_repository import FakeBookRepository
from tests.books.repositories import Repositories, all_of
from tests.support.eventually import eventually
from tests.support.tables import ENGINES, SHARDED, table_on

if TYPE_CHECKING:
    from books.domain import Book

NUMBERS = st.integers(0, 4)
AUTHORS = st.sampled_from(["Le Guin", "Lem"])
TAGS = st.lists(st.sampled_from("abc"), unique=True).map(tuple)
ISBNS = st.integers(0, 6).map(lambda number: book(number).isbn)
BORROWERS = st.sampled_from(["1", "11"])


class Sequences(RuleBasedStateMachine):
    """Adapters on an empty table and fakes, which get the same calls."""

    engine: str

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.table = self._stack.enter_context(table_on(self.engine, "books"))
        self.real = Repositories(DynamoBookRepository(self.table), DynamoLoanRepository(self.table))
        books = FakeBookRepository()
        self.fake = Repositories(books, FakeLoanRepository(books))
        self.known: dict[str, Book] = {}
        self.clock = 0

    def both(self, call: Callable[[Repositories], Any]) -> Any:
        """Call both, expect the same outcome and return it."""
        results = [_outcome(call, repositories) for repositories in (self.real, self.fake)]
        assert results[0] == results[1]
        return results[0]

    @rule(number=NUMBERS, author=AUTHORS, tags=TAGS, isbn=ISBNS)
    def add(self, number: int, author: str, tags: tuple[str, ...], isbn: str) -> None:
        added = replace(book(number, author=author, tags=tags), isbn=isbn)
        if self.both(lambda repositories: repositories.books.add(added)) is None:
            self.known[added.id] = added

    @rule(number=NUMBERS, author=AUTHORS, tags=TAGS, isbn=ISBNS, stale=st.booleans())
    def change(self, number: int, author: str, tags: tuple[str, ...], isbn: str, stale: bool) -> None:  # noqa: FBT001 - drawn
        known = self.known.get(book(number).id, book(number))
        if stale:
            known = replace(known, version=known.version + 1)
        changed = replace(known, author=author, tags=tags, isbn=isbn, version=known.version + 1)
        if self.both(lambda repositories: repositories.books.replace(known, changed)) is True:
            self.known[changed.id] = changed

    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        known = self.known.get(book(number).id, book(number))
        self.both(lambda repositories: repositories.books.remove(known))

    @rule(number=NUMBERS, borrower=BORROWERS)
    def lend(self, number: int, borrower: str) -> None:
        self.clock += 1
        lent = replace(loan(number, borrower), lent_at=loan(0).lent_at + timedelta(seconds=self.clock))
        self.both(lambda repositories: repositories.loans.lend(lent))

    @rule(number=NUMBERS, borrower=st.none() | BORROWERS)
    def end(self, number: int, borrower: str | None) -> None:
        self.both(lambda repositories: repositories.loans.end(book(number).id, borrower=borrower))

    def teardown(self) -> None:
        with self._stack:
            found = _keys(self.table)
            eventually(lambda: _all_lists(self.real), _all_lists(self.fake))
            stored = all_of(self.fake.books.page)
            assert [self.real.books.get(book.id) for book in stored] == stored
            expected = {ItemKey(f"ISBN#{book.isbn}", "ISBN") for book in stored}
            for book in stored:
                expected |= {ItemKey(f"BOOK#{book.id}", sk) for sk in ("BOOK", *(f"TAG#{tag}" for tag in book.tags))}
            assert found == expected


def _outcome(call: Callable[[Repositories], Any], repositories: Repositories) -> Any:
    try:
        return call(repositories)
    except Failure as failure:
        return type(failure), failure.detail


def _all_lists(repositories: Repositories) -> list[list[Any]]:
    return [
        all_of(repositories.books.page, limit=2),
        *(all_of(repositories.books.by_author, author, limit=2) for author in ("Le Guin", "Lem")),
        *(all_of(repositories.books.by_tag, tag, limit=2) for tag in "abc"),
        *(all_of(repositories.loans.of, borrower, limit=2) for borrower in ("1", "11")),
    ]


def _keys(table: Table) -> set[ItemKey]:
    """Return the keys of all items; the service itself never scans."""
    pages = table._client.get_paginator("scan").paginate(TableName=table._name, ConsistentRead=True)
    return {ItemKey(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]}


@pytest.mark.parametrize("engine", [*ENGINES, *SHARDED])
def test_adapters_behave_like_the_fakes_and_leave_no_orphaned_item(engine: str) -> None:
    machine = type("SequencesOnEngine", (Sequences,), {"engine": engine})
    run_state_machine_as_test(machine, settings=settings(max_examples=3, stateful_step_count=20))
