"""What every `BookRepository` promises about single books; `test_list_contract.py` has the lists."""

from dataclasses import replace
from functools import partial

import pytest
from botocore.exceptions import ClientError

from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken
from tests.books.shelves import BOOK, Shelves, book, loan
from tests.support.racing import race


@pytest.mark.parametrize("kept", [BOOK, replace(BOOK, published_year=None, tags=())], ids=["full", "bare"])
def test_an_added_book_is_found_unchanged(shelves: Shelves, kept: Book) -> None:
    shelves.books.add(kept)
    assert shelves.books.get(kept.id) == kept


def test_an_unknown_book_is_not_found(shelves: Shelves) -> None:
    with pytest.raises(BookNotFound, match=BOOK.id):
        shelves.books.get(BOOK.id)


def test_an_isbn_is_unique_and_a_refused_book_leaves_nothing_behind(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    with pytest.raises(IsbnTaken):
        shelves.books.add(replace(book(2), isbn=book(1).isbn))
    with pytest.raises(BookNotFound):
        shelves.books.get(book(2).id)
    shelves.books.add(book(2))


def test_a_taken_id_is_refused_and_leaves_the_isbn_free(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    with pytest.raises(BookIdTaken):
        shelves.books.add(replace(book(2), id=book(1).id))
    assert shelves.books.get(book(1).id) == book(1)
    shelves.books.add(book(2))


@pytest.mark.parametrize(
    "changed",
    [
        BOOK.changed(title="GEB"),
        BOOK.changed(author="D. Hofstadter", published_year=None),
        BOOK.changed(tags=[]),
        BOOK.changed(tags=["music", "minds"]),
        BOOK.changed(isbn="0-306-40615-2"),
    ],
    ids=["title", "author", "no tags", "tags", "isbn"],
)
def test_a_changed_book_takes_the_place_of_the_known_one(shelves: Shelves, changed: Book) -> None:
    shelves.books.add(BOOK)
    assert shelves.books.replace(BOOK, changed)
    assert shelves.books.get(BOOK.id) == changed


def test_an_isbn_and_all_of_ten_tags_are_changed_at_once(shelves: Shelves) -> None:
    before, after = ([f"{word} {number}" for number in range(10)] for word in ("old", "new"))
    try:
        shelves.books.add(BOOK.changed(tags=before))
    except ClientError as error:
        if "less than or equal to 10" not in str(error):
            raise
        pytest.skip("this engine is older than transactions of more than ten writes")
    changed = BOOK.changed(tags=before).changed(tags=after, isbn="0-306-40615-2")
    assert shelves.books.replace(BOOK.changed(tags=before), changed)
    assert shelves.books.get(BOOK.id) == changed
    assert shelves.books.remove(changed)


@pytest.mark.parametrize("change", [{"title": "GEB"}, {"isbn": "0-306-40615-2"}], ids=["title", "isbn"])
def test_what_has_changed_meanwhile_is_not_replaced(shelves: Shelves, change: dict[str, str]) -> None:
    bare = replace(BOOK, tags=())
    shelves.books.add(bare)
    second = bare.changed(published_year=1999)
    assert shelves.books.replace(bare, second)
    assert not shelves.books.replace(bare, bare.changed(**change))  # type: ignore[arg-type]
    assert shelves.books.get(BOOK.id) == second
    shelves.books.add(replace(book(2), isbn="9780306406157"))  # it has not been taken


def test_what_is_gone_is_not_replaced_and_does_not_come_back(shelves: Shelves) -> None:
    shelves.books.add(BOOK)
    assert shelves.books.remove(BOOK)
    assert not shelves.books.replace(BOOK, BOOK.changed(title="GEB", tags=["minds"]))
    with pytest.raises(BookNotFound):
        shelves.books.get(BOOK.id)


def test_a_taken_isbn_keeps_a_change_out(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    shelves.books.add(book(2))
    with pytest.raises(IsbnTaken, match=book(2).isbn):
        shelves.books.replace(book(1), replace(book(1), isbn=book(2).isbn, tags=("new",), version=2))
    assert shelves.books.get(book(1).id) == book(1)


def test_an_isbn_moves_with_its_book(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    moved = replace(book(1), isbn=book(3).isbn, version=2)
    assert shelves.books.replace(book(1), moved)
    shelves.books.add(replace(book(2), isbn=book(1).isbn))
    with pytest.raises(IsbnTaken):
        shelves.books.add(book(3))


def test_a_removed_book_is_gone_and_its_isbn_is_free(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    assert shelves.books.remove(book(1))
    with pytest.raises(BookNotFound):
        shelves.books.get(book(1).id)
    shelves.books.add(replace(book(2), isbn=book(1).isbn))


def test_a_book_that_has_changed_or_is_gone_is_not_removed(shelves: Shelves) -> None:
    shelves.books.add(BOOK)
    changed = BOOK.changed(tags=["minds"])
    assert shelves.books.replace(BOOK, changed)
    assert not shelves.books.remove(BOOK)
    assert shelves.books.get(BOOK.id) == changed
    assert shelves.books.remove(changed)
    assert not shelves.books.remove(changed)


def test_a_lent_book_is_not_removed_until_it_has_been_returned(shelves: Shelves) -> None:
    shelves.books.add(book(1))
    shelves.loans.lend(loan(1))
    with pytest.raises(BookLent):
        shelves.books.remove(book(1))
    assert shelves.books.get(book(1).id) == book(1)
    shelves.loans.end(book(1).id, borrower="1")
    assert shelves.books.remove(book(1))


def test_of_many_books_with_one_isbn_arriving_at_once_exactly_one_is_kept(shelves: Shelves) -> None:
    copies = [replace(book(number), isbn=BOOK.isbn) for number in range(8)]
    results = race(*(partial(shelves.books.add, copy) for copy in copies))
    assert results.count(None) == 1
    assert sum(isinstance(result, IsbnTaken) for result in results) == 7


def test_of_many_changes_of_one_version_exactly_one_is_kept(shelves: Shelves) -> None:
    shelves.books.add(BOOK)
    changes = [BOOK.changed(title=f"title {number}", tags=[f"tag {number}"]) for number in range(8)]
    results = race(*(partial(shelves.books.replace, BOOK, changed) for changed in changes))
    assert results.count(True) == 1
    assert results.count(False) == 7
    assert shelves.books.get(BOOK.id) == changes[results.index(True)]


def test_of_many_books_that_take_one_isbn_at_once_exactly_one_gets_it(shelves: Shelves) -> None:
    several = [book(number) for number in range(6)]
    for each in several:
        shelves.books.add(each)
    taking = [replace(each, isbn=BOOK.isbn, version=2) for each in several]
    results = race(*(partial(shelves.books.replace, *pair) for pair in zip(several, taking, strict=True)))
    assert results.count(True) == 1
    assert sum(isinstance(result, IsbnTaken) for result in results) == 5
