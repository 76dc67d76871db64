"""The contract of `BookRepository` for lists: order, and pages under concurrent changes."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from books.domain import Book
from tests.books.examples import MORNING, book, loan
from tests.books.repositories import IMPLEMENTATIONS, Repositories, all_of, repositories_on
from tests.support.eventually import eventually
from tests.support.tables import SHARDED

LISTS = [*IMPLEMENTATIONS, *SHARDED]
AUTHOR = "Ursula K. Le Guin"
TAG = "fantasy"


@pytest.fixture(params=LISTS)
def repositories(request: pytest.FixtureRequest) -> Iterator[Repositories]:
    with repositories_on(request.param) as repositories:
        yield repositories


def test_all_books_are_listed_newest_first_with_any_limit(repositories: Repositories) -> None:
    books = [book(number, tags=("a", "b")[: number % 3]) for number in (3, 1, 5, 4, 2)]
    for each in books:
        repositories.books.add(each)
    expected = sorted(books, key=lambda each: each.id, reverse=True)
    for limit in (1, 2, 3, 5, 6, 100):
        eventually(partial(all_of, repositories.books.page, limit=limit), expected)


def test_empty_list_is_one_page(repositories: Repositories) -> None:
    assert repositories.books.page(limit=20) == ([], None)
    assert repositories.books.by_author("unknown", limit=20) == ([], None)
    assert repositories.books.by_tag("nothing", limit=20) == ([], None)


def test_full_last_page_has_no_next(repositories: Repositories) -> None:
    for number in (1, 2):
        repositories.books.add(book(number))
    eventually(lambda: repositories.books.page(limit=2), ([book(2), book(1)], None))


def test_author_is_found_in_any_case_and_spacing(repositories: Repositories) -> None:
    repositories.books.add(book(1, author="URSULA  K. LE GUIN"))
    repositories.books.add(book(2, author="Ursula Le Guin"))
    repositories.books.add(book(3, author="ursula k. le guin"))
    expected = [book(3, author="ursula k. le guin"), book(1, author="URSULA  K. LE GUIN")]
    eventually(lambda: all_of(repositories.books.by_author, AUTHOR, limit=1), expected)


def test_book_is_listed_under_each_tag(repositories: Repositories) -> None:
    repositories.books.add(book(1, tags=("x", "y")))
    repositories.books.add(book(2, tags=("y",)))
    repositories.books.add(book(3, tags=()))
    eventually(lambda: all_of(repositories.books.by_tag, "x", limit=1), [book(1, tags=("x", "y"))])
    eventually(
        lambda: all_of(repositories.books.by_tag, "y", limit=1), [book(2, tags=("y",)), book(1, tags=("x", "y"))]
    )


def test_changed_book_moves_between_lists(repositories: Repositories) -> None:
    before = book(1, author=AUTHOR, tags=("out", "stays"))
    repositories.books.add(before)
    after = before.changed(now=MORNING, author="Anonymous", title="Tales", tags=["stays", "in"])
    assert repositories.books.replace(before, after)
    for read in _lists(repositories, "Anonymous", "stays", "in"):
        eventually(read, [after])
    for read in _lists(repositories, AUTHOR, "out")[1:]:
        eventually(read, [])


def test_removed_book_is_not_listed(repositories: Repositories) -> None:
    repositories.books.add(book(1, author=AUTHOR, tags=("x", "y")))
    assert repositories.books.remove(book(1, author=AUTHOR, tags=("x", "y")))
    for read in _lists(repositories, AUTHOR, "x", "y"):
        eventually(read, [])


def test_lent_book_is_still_listed(repositories: Repositories) -> None:
    lent = book(1, author=AUTHOR, tags=("x",))
    repositories.books.add(lent)
    repositories.loans.lend(loan(1))
    for read in _lists(repositories, AUTHOR, "x"):
        eventually(read, [lent])


def _lists(repositories: Repositories, author: str, *tags: str) -> list[Callable[[], list[Book]]]:
    return [
        partial(all_of, repositories.books.page),
        partial(all_of, repositories.books.by_author, author),
        *(partial(all_of, repositories.books.by_tag, tag) for tag in tags),
    ]


NUMBERS = st.integers(0, 30)


@pytest.mark.parametrize("implementation", LISTS)
def test_pages_are_complete_and_ordered_under_concurrent_changes(implementation: str) -> None:
    @settings(max_examples=100 if implementation == "fake" else 1)
    @given(
        steady=st.sets(NUMBERS, min_size=1, max_size=8),
        others=st.sets(NUMBERS, max_size=6),
        toggles=st.lists(NUMBERS, max_size=12),
        limit=st.integers(1, 4),
    )
    # The book after which the next page begins is removed, and its neighbours appear.
    @example(steady={1, 9}, others={5}, toggles=[5, 4, 6, 5], limit=2)
    @example(steady={1, 2, 3}, others=set(), toggles=[30, 29, 0], limit=1)
    def read_all_pages(steady: set[int], others: set[int], toggles: list[int], limit: int) -> None:
        stored = steady | others
        with repositories_on(implementation) as repositories:
            for number in stored:
                repositories.books.add(_listed_everywhere(number))
            for read in (
                partial(all_of, repositories.books.page),
                partial(all_of, repositories.books.by_author, AUTHOR),
                partial(all_of, repositories.books.by_tag, TAG),
            ):
                eventually(read, sorted((_listed_everywhere(number) for number in stored), key=_id, reverse=True))
                changes = _toggled(repositories, stored, [number for number in toggles if number not in steady])
                found = read(limit=limit, between=partial(next, changes, None))
                assert found == sorted(set(found), key=_id, reverse=True)
                assert {_listed_everywhere(number) for number in steady} <= set(found)

    read_all_pages()


def _id(of: Book) -> str:
    return of.id


def _listed_everywhere(number: int) -> Book:
    return book(number, author=AUTHOR, tags=(TAG,))


def _toggled(repositories: Repositories, stored: set[int], toggles: list[int]) -> Iterator[None]:
    """Add or remove one book at each step."""
    for number in toggles:
        if number in stored:
            assert repositories.books.remove(_listed_everywhere(number))
        else:
            repositories.books.add(_listed_everywhere(number))
        stored ^= {number}
        yield
