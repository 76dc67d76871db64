"""The contract of `BookRepository` for single books; `test_list_contract.py` covers lists."""

from dataclasses import replace
from functools import partial

import pytest
from botocore.exceptions import ClientError

from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken
from tests.books.examples import BOOK, MORNING, book, loan
from tests.books.repositories import Repositories
from tests.support.racing import race
from tests.support.records import assert_added_once


@pytest.mark.parametrize("added", [BOOK, replace(BOOK, published_year=None, tags=())], ids=["full", "bare"])
def test_added_book_is_read_unchanged(repositories: Repositories, added: Book) -> None:
    repositories.books.add(added)
    assert repositories.books.get(added.id) == added


def test_unknown_book_is_not_found(repositories: Repositories) -> None:
    with pytest.raises(BookNotFound, match=BOOK.id):
        repositories.books.get(BOOK.id)


def test_book_of_a_request_with_a_key_is_added_once(repositories: Repositories) -> None:
    assert_added_once(lambda number, record: repositories.books.add(book(number), record))


def test_taken_isbn_is_rejected_and_the_book_is_not_stored(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    with pytest.raises(IsbnTaken):
        repositories.books.add(replace(book(2), isbn=book(1).isbn))
    with pytest.raises(BookNotFound):
        repositories.books.get(book(2).id)
    repositories.books.add(book(2))


def test_taken_id_is_rejected_and_the_isbn_stays_free(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    with pytest.raises(BookIdTaken):
        repositories.books.add(replace(book(2), id=book(1).id))
    assert repositories.books.get(book(1).id) == book(1)
    repositories.books.add(book(2))


@pytest.mark.parametrize(
    "changed",
    [
        BOOK.changed(now=MORNING, title="GEB"),
        BOOK.changed(now=MORNING, author="D. Hofstadter", published_year=None),
        BOOK.changed(now=MORNING, tags=[]),
        BOOK.changed(now=MORNING, tags=["music", "minds"]),
        BOOK.changed(now=MORNING, isbn="0-306-40615-2"),
    ],
    ids=["title", "author", "no tags", "tags", "isbn"],
)
def test_known_book_is_replaced(repositories: Repositories, changed: Book) -> None:
    repositories.books.add(BOOK)
    assert repositories.books.replace(BOOK, changed)
    assert repositories.books.get(BOOK.id) == changed


def test_isbn_and_ten_tags_are_changed_together(repositories: Repositories) -> None:
    before, after = ([f"{word} {number}" for number in range(10)] for word in ("old", "new"))
    try:
        repositories.books.add(BOOK.changed(now=MORNING, tags=before))
    except ClientError as error:
        if "less than or equal to 10" not in str(error):
            raise
        pytest.skip("this engine is older than transactions of more than ten writes")
    changed = BOOK.changed(now=MORNING, tags=before).changed(now=MORNING, tags=after, isbn="0-306-40615-2")
    assert repositories.books.replace(BOOK.changed(now=MORNING, tags=before), changed)
    assert repositories.books.get(BOOK.id) == changed
    assert repositories.books.remove(changed)


@pytest.mark.parametrize("change", [{"title": "GEB"}, {"isbn": "0-306-40615-2"}], ids=["title", "isbn"])
def test_concurrently_changed_book_is_not_replaced(repositories: Repositories, change: dict[str, str]) -> None:
    bare = replace(BOOK, tags=())
    repositories.books.add(bare)
    second = bare.changed(now=MORNING, published_year=1999)
    assert repositories.books.replace(bare, second)
    assert not repositories.books.replace(bare, bare.changed(now=MORNING, **change))  # type: ignore[arg-type]
    assert repositories.books.get(BOOK.id) == second
    repositories.books.add(replace(book(2), isbn="9780306406157"))  # the rejected change has not taken it


def test_removed_book_is_not_replaced(repositories: Repositories) -> None:
    repositories.books.add(BOOK)
    assert repositories.books.remove(BOOK)
    assert not repositories.books.replace(BOOK, BOOK.changed(now=MORNING, title="GEB", tags=["minds"]))
    with pytest.raises(BookNotFound):
        repositories.books.get(BOOK.id)


def test_change_to_a_taken_isbn_is_rejected(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    repositories.books.add(book(2))
    with pytest.raises(IsbnTaken, match=book(2).isbn):
        repositories.books.replace(book(1), replace(book(1), isbn=book(2).isbn, tags=("new",), version=2))
    assert repositories.books.get(book(1).id) == book(1)


def test_changed_isbn_is_taken_and_the_old_one_is_free(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    moved = replace(book(1), isbn=book(3).isbn, version=2)
    assert repositories.books.replace(book(1), moved)
    repositories.books.add(replace(book(2), isbn=book(1).isbn))
    with pytest.raises(IsbnTaken):
        repositories.books.add(book(3))


def test_removed_book_is_not_found_and_its_isbn_is_free(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    assert repositories.books.remove(book(1))
    with pytest.raises(BookNotFound):
        repositories.books.get(book(1).id)
    repositories.books.add(replace(book(2), isbn=book(1).isbn))


def test_changed_or_removed_book_is_not_removed(repositories: Repositories) -> None:
    repositories.books.add(BOOK)
    changed = BOOK.changed(now=MORNING, tags=["minds"])
    assert repositories.books.replace(BOOK, changed)
    assert not repositories.books.remove(BOOK)
    assert repositories.books.get(BOOK.id) == changed
    assert repositories.books.remove(changed)
    assert not repositories.books.remove(changed)


def test_lent_book_is_removed_only_after_its_return(repositories: Repositories) -> None:
    repositories.books.add(book(1))
    repositories.loans.lend(loan(1))
    with pytest.raises(BookLent):
        repositories.books.remove(book(1))
    assert repositories.books.get(book(1).id) == book(1)
    repositories.loans.end(book(1).id, borrower="1")
    assert repositories.books.remove(book(1))


def test_one_of_concurrent_books_with_one_isbn_is_stored(repositories: Repositories) -> None:
    copies = [replace(book(number), isbn=BOOK.isbn) for number in range(8)]
    results = race(*(partial(repositories.books.add, copy) for copy in copies))
    assert results.count(None) == 1
    assert sum(isinstance(result, IsbnTaken) for result in results) == 7


def test_one_of_concurrent_changes_of_one_version_is_stored(repositories: Repositories) -> None:
    repositories.books.add(BOOK)
    changes = [BOOK.changed(now=MORNING, title=f"title {number}", tags=[f"tag {number}"]) for number in range(8)]
    results = race(*(partial(repositories.books.replace, BOOK, changed) for changed in changes))
    assert results.count(True) == 1
    assert results.count(False) == 7
    assert repositories.books.get(BOOK.id) == changes[results.index(True)]


def test_one_of_concurrent_changes_to_one_isbn_is_stored(repositories: Repositories) -> None:
    several = [book(number) for number in range(6)]
    for each in several:
        repositories.books.add(each)
    taking = [replace(each, isbn=BOOK.isbn, version=2) for each in several]
    results = race(*(partial(repositories.books.replace, *pair) for pair in zip(several, taking, strict=True)))
    assert results.count(True) == 1
    assert sum(isinstance(result, IsbnTaken) for result in results) == 5
