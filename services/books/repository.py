"""Books in DynamoDB: one item per book, one per tag of it, and a guard item that reserves the ISBN."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken, Listed
from books.spelling import author_key
from common.dynamodb.items import Plain
from common.dynamodb.table import IS_NEW, ConditionsFailed, Delete, Index, ItemKey, Put, Table, Update, Write

ALL: Final = "BOOKS"
LISTING: Final = Index("listing", "list", "position")
AUTHOR: Final = Index("author", "author_key", "position")


def book_key(book_id: str) -> ItemKey:
    """Return the key of a book's item."""
    return ItemKey(f"BOOK#{book_id}", "BOOK")


def book_id_of(item: dict[str, Any]) -> str:
    """Return the id of the book that an item belongs to."""
    pk: str = item["pk"]
    return pk.removeprefix("BOOK#")


class DynamoBookRepository:
    """The `BookRepository` on the DynamoDB table that `table.json` describes."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, book: Book) -> None:
        """See `BookRepository.add`."""
        try:
            self._table.write(
                Put(item={**book_key(book.id)._asdict(), **_attributes(book)}, condition=IS_NEW),
                Put(item=_guard(book), condition=IS_NEW),
                *_tag_writes(book),
            )
        except ConditionsFailed as error:
            if 1 in error.found:
                raise _isbn_taken(book) from None
            raise BookIdTaken("Please try again.") from None

    def get(self, book_id: str) -> Book:
        """See `BookRepository.get`."""
        item = self._table.get(book_key(book_id))
        if item is None:
            raise BookNotFound(book_id)
        return _from_item(item)

    def replace(self, known: Book, changed: Book) -> bool:
        """See `BookRepository.replace`."""
        writes: list[Write] = [
            # An update instead of a put, to keep the attributes of a loan.
            Update(key=book_key(known.id), set=_attributes(changed), condition=_is_still(known)),
            *_tag_writes(changed),
            *(Delete(key=_tag_key(known.id, tag)) for tag in known.tags if tag not in changed.tags),
        ]
        if changed.isbn != known.isbn:
            writes += [Delete(key=_guard_key(known)), Put(item=_guard(changed), condition=IS_NEW)]
        try:
            self._table.write(*writes)
        except ConditionsFailed as error:
            if 0 in error.found:
                return False
            raise _isbn_taken(changed) from None
        return True

    def remove(self, known: Book) -> bool:
        """See `BookRepository.remove`."""
        try:
            self._table.write(
                Delete(key=book_key(known.id), condition=_is_still(known) & Attr("borrower").not_exists()),
                Delete(key=_guard_key(known)),
                *(Delete(key=_tag_key(known.id, tag)) for tag in known.tags),
            )
        except ConditionsFailed as error:
            if "borrower" in (error.found[0] or {}):
                raise BookLent("The book is lent: remove it when it has been returned.") from None
            return False
        return True

    def page(self, *, limit: int, after: str | None = None) -> Listed[Book]:
        """See `BookRepository.page`."""
        return self._page(LISTING, ALL, sk="BOOK", limit=limit, after=after)

    def by_author(self, author: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """See `BookRepository.by_author`."""
        return self._page(AUTHOR, author_key(author), sk="BOOK", limit=limit, after=after)

    def by_tag(self, tag: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """See `BookRepository.by_tag`."""
        return self._page(LISTING, _tag_name(tag), sk=_tag_name(tag), limit=limit, after=after)

    def _page(self, index: Index, value: str, *, sk: str, limit: int, after: str | None) -> Listed[Book]:
        start = {"position": after, **book_key(after)._asdict(), "sk": sk} if after else None
        found = self._table.query(index, value, limit=limit, after=start)
        books = [_from_item(item) for item in found.items]
        return Listed(books, books[-1].id if found.more else None)


def _isbn_taken(book: Book) -> IsbnTaken:
    return IsbnTaken(f"A book with ISBN {book.isbn} exists.")


def _guard_key(book: Book) -> ItemKey:
    return ItemKey(f"ISBN#{book.isbn}", "ISBN")


def _guard(book: Book) -> dict[str, Plain]:
    return {**_guard_key(book)._asdict(), "book_id": book.id}


def _tag_name(tag: str) -> str:
    return f"TAG#{tag}"


def _tag_key(book_id: str, tag: str) -> ItemKey:
    return ItemKey(book_key(book_id).pk, _tag_name(tag))


def _tag_writes(book: Book) -> Iterator[Put]:
    """Yield the writes of the items that list the book under its tags."""
    for tag in book.tags:
        yield Put(item={**_tag_key(book.id, tag)._asdict(), **_listed(book, _tag_name(tag))})


def _attributes(book: Book) -> dict[str, Plain]:
    return {**_listed(book, ALL), "author_key": author_key(book.author)}


def _listed(book: Book, under: str) -> dict[str, Plain]:
    """Return the attributes that put an item on a list.

    The book is one attribute, so that the indexes also contain fields that are added later.
    """
    return {"list": under, "position": book.id, "book": _to_map(book)}


def _is_still(known: Book) -> ConditionBase:
    return Attr("book.version").eq(known.version)


def _to_map(book: Book) -> dict[str, Plain]:
    return {
        "title": book.title,
        "author": book.author,
        "isbn": book.isbn,
        "published_year": book.published_year,
        "tags": list(book.tags),
        "created_at": book.created_at.isoformat(),
        "created_by": book.created_by,
        "version": book.version,
    }


def _from_item(item: dict[str, Any]) -> Book:
    book = item["book"]
    return Book(
        id=book_id_of(item),
        title=book["title"],
        author=book["author"],
        isbn=book["isbn"],
        published_year=book["published_year"],
        tags=tuple(book["tags"]),
        created_at=datetime.fromisoformat(book["created_at"]),
        created_by=book["created_by"],
        version=book["version"],
    )
