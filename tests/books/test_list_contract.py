"""What every `BookRepository` promises about lists: their order, and pages while others add and remove."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from books.domain import Book
from tests.books.shelves import KINDS, Shelves, all_of, book, loan, shelves_of
from tests.support.eventually import eventually

AUTHOR = "Ursula K. Le Guin"
TAG = "fantasy"


def test_all_books_are_listed_whole_the_newest_first_whatever_the_limit(shelves: Shelves) -> None:
    books = [book(number, tags=("a", "b")[: number % 3]) for number in (3, 1, 5, 4, 2)]
    for each in books:
        shelves.books.add(each)
    expected = sorted(books, key=lambda each: each.id, reverse=True)
    for limit in (1, 2, 3, 5, 6, 100):
        eventually(partial(all_of, shelves.books.page, limit=limit), expected)


def test_an_empty_list_is_a_page(shelves: Shelves) -> None:
    assert shelves.books.page(limit=20) == ([], None)
    assert shelves.books.by_author("nobody", limit=20) == ([], None)
    assert shelves.books.by_tag("nothing", limit=20) == ([], None)


def test_a_full_last_page_says_that_it_is_the_last(shelves: Shelves) -> None:
    for number in (1, 2):
        shelves.books.add(book(number))
    eventually(lambda: shelves.books.page(limit=2), ([book(2), book(1)], None))


def test_an_author_is_found_by_any_spelling(shelves: Shelves) -> None:
    shelves.books.add(book(1, author="URSULA  K. LE GUIN"))
    shelves.books.add(book(2, author="Ursula Le Guin"))
    shelves.books.add(book(3, author="ursula k. le guin"))
    expected = [book(3, author="ursula k. le guin"), book(1, author="URSULA  K. LE GUIN")]
    eventually(lambda: all_of(shelves.books.by_author, AUTHOR, limit=1), expected)


def test_a_book_is_found_by_each_of_its_tags(shelves: Shelves) -> None:
    shelves.books.add(book(1, tags=("x", "y")))
    shelves.books.add(book(2, tags=("y",)))
    shelves.books.add(book(3, tags=()))
    eventually(lambda: all_of(shelves.books.by_tag, "x", limit=1), [book(1, tags=("x", "y"))])
    eventually(lambda: all_of(shelves.books.by_tag, "y", limit=1), [book(2, tags=("y",)), book(1, tags=("x", "y"))])


def test_the_lists_follow_a_change(shelves: Shelves) -> None:
    before = book(1, author=AUTHOR, tags=("out", "stays"))
    shelves.books.add(before)
    after = before.changed(author="Anonymous", title="Tales", tags=["stays", "in"])
    assert shelves.books.replace(before, after)
    for read in _lists(shelves, "Anonymous", "stays", "in"):
        eventually(read, [after])
    for read in _lists(shelves, AUTHOR, "out")[1:]:
        eventually(read, [])


def test_a_removed_book_is_on_no_list(shelves: Shelves) -> None:
    shelves.books.add(book(1, author=AUTHOR, tags=("x", "y")))
    assert shelves.books.remove(book(1, author=AUTHOR, tags=("x", "y")))
    for read in _lists(shelves, AUTHOR, "x", "y"):
        eventually(read, [])


def test_a_lent_book_stays_on_its_lists(shelves: Shelves) -> None:
    kept = book(1, author=AUTHOR, tags=("x",))
    shelves.books.add(kept)
    shelves.loans.lend(loan(1))
    for read in _lists(shelves, AUTHOR, "x"):
        eventually(read, [kept])


def _lists(shelves: Shelves, author: str, *tags: str) -> list[Callable[[], list[Book]]]:
    return [
        partial(all_of, shelves.books.page),
        partial(all_of, shelves.books.by_author, author),
        *(partial(all_of, shelves.books.by_tag, tag) for tag in tags),
    ]


NUMBERS = st.integers(0, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_repeats_or_misses_a_book_whatever_others_add_and_remove(kind: str) -> None:
    @settings(max_examples=200 if kind == "fake" else 4)
    @given(
        steady=st.sets(NUMBERS, min_size=1, max_size=8),
        others=st.sets(NUMBERS, max_size=6),
        toggles=st.lists(NUMBERS, max_size=12),
        limit=st.integers(1, 4),
    )
    # The book behind which the next page begins is removed, and its neighbours appear.
    @example(steady={1, 9}, others={5}, toggles=[5, 4, 6, 5], limit=2)
    @example(steady={1, 2, 3}, others=set(), toggles=[30, 29, 0], limit=1)
    def walk(steady: set[int], others: set[int], toggles: list[int], limit: int) -> None:
        there = steady | others
        for number in there:
            shelves.books.add(_listed_everywhere(number))
        try:
            for read in (
                partial(all_of, shelves.books.page),
                partial(all_of, shelves.books.by_author, AUTHOR),
                partial(all_of, shelves.books.by_tag, TAG),
            ):
                eventually(read, sorted((_listed_everywhere(number) for number in there), key=_id, reverse=True))
                happening = _toggled(shelves, there, [number for number in toggles if number not in steady])
                walked = read(limit=limit, between=partial(next, happening, None))
                assert walked == sorted(set(walked), key=_id, reverse=True)
                assert {_listed_everywhere(number) for number in steady} <= set(walked)
        finally:  # The next walk begins with nothing.
            for number in there:
                assert shelves.books.remove(_listed_everywhere(number))

    with shelves_of(kind) as shelves:
        walk()


def _id(of: Book) -> str:
    return of.id


def _listed_everywhere(number: int) -> Book:
    return book(number, author=AUTHOR, tags=(TAG,))


def _toggled(shelves: Shelves, there: set[int], toggles: list[int]) -> Iterator[None]:
    """Add or remove one book at each step."""
    for number in toggles:
        if number in there:
            assert shelves.books.remove(_listed_everywhere(number))
        else:
            shelves.books.add(_listed_everywhere(number))
        there ^= {number}
        yield
