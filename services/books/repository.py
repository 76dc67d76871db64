"""Books in DynamoDB: one item per book, one per tag of it, and a guard item that reserves the ISBN."""

from datetime import datetime
from typing import Any, Final

from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken, Listed
from books.spelling import author_key
from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.idempotency import write_once
from common.dynamodb.items import Plain
from common.dynamodb.table import Found, Index, Table
from common.dynamodb.writes import IS_NEW, ConditionsFailed, Delete, ItemKey, Put, Update, Write
from common.idempotency import Record

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

    def add(self, book: Book, record: Record | None = None) -> None:
        """See `BookRepository.add`."""
        try:
            write_once(
                self._table,
                Put(
                    item={**book_key(book.id)._asdict(), **self._listed(ALL, book), **_attributes(book)},
                    condition=IS_NEW,
                ),
                Put(item=_guard(book), condition=IS_NEW),
                *(self._put_tag(book, tag) for tag in book.tags),
                record=record,
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
            # Updates instead of puts, to keep the attributes of a loan, and the place in the lists.
            Update(key=book_key(known.id), set=_attributes(changed), condition=_is_still(known)),
            *(
                Update(key=_tag_key(known.id, tag), set={"book": _to_map(changed)})
                if tag in known.tags
                else self._put_tag(changed, tag)
                for tag in changed.tags
            ),
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
        start = _start("BOOK", after)
        return _page(self._table.listed(LISTING, ALL, limit=limit, after=start))

    def by_author(self, author: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """See `BookRepository.by_author`."""
        start = _start("BOOK", after)
        return _page(self._table.query(AUTHOR, author_key(author), limit=limit, after=start))

    def by_tag(self, tag: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        """See `BookRepository.by_tag`."""
        start = _start(_tag_name(tag), after)
        return _page(self._table.listed(LISTING, _tag_name(tag), limit=limit, after=start))

    def _put_tag(self, book: Book, tag: str) -> Put:
        """Return the write of the item that lists the book under a tag."""
        item = {**_tag_key(book.id, tag)._asdict(), **self._listed(_tag_name(tag), book), "book": _to_map(book)}
        return Put(item=item)

    def _listed(self, name: str, book: Book) -> dict[str, Plain]:
        """Return the attributes that put a new item on a list."""
        return {"list": self._table.shards.key(name, book.id), "position": book.id}


def _start(sk: str, after: str | None) -> dict[str, str] | None:
    return {"position": after, **book_key(after)._asdict(), "sk": sk} if after else None


def _page(found: Found) -> Listed[Book]:
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


def _attributes(book: Book) -> dict[str, Plain]:
    """Return the attributes that a change writes again.

    The book is one attribute, so that the indexes also contain fields that are added later.
    """
    return {"author_key": author_key(book.author), "book": _to_map(book)}


def _is_still(known: Book) -> Condition:
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
