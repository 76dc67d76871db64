"""Books in DynamoDB: an item for each, and a guard item that holds its ISBN."""

from datetime import datetime
from typing import Any

from books.domain import Book, BookIdTaken, BookNotFound, IsbnTaken
from common.items import Plain
from common.table import IS_NEW, ConditionsFailed, ItemKey, Put, Table


class DynamoBookRepository:
    """The `BookRepository` on a DynamoDB table whose key schema is `table.json`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, book: Book) -> None:
        """See `BookRepository.add`."""
        guard: dict[str, Plain] = {"pk": f"ISBN#{book.isbn}", "sk": "ISBN", "book_id": book.id}
        try:
            self._table.write(Put(item=_to_item(book), condition=IS_NEW), Put(item=guard, condition=IS_NEW))
        except ConditionsFailed as error:
            if 1 in error.found:
                raise IsbnTaken(f"A book with ISBN {book.isbn} exists.") from None
            raise BookIdTaken("Please try again.") from None

    def get(self, book_id: str) -> Book:
        """See `BookRepository.get`."""
        item = self._table.get(ItemKey(f"BOOK#{book_id}", "BOOK"))
        if item is None:
            raise BookNotFound(f"There is no book {book_id}.")
        return _from_item(item)


def _to_item(book: Book) -> dict[str, Plain]:
    return {
        "pk": f"BOOK#{book.id}",
        "sk": "BOOK",
        "id": book.id,
        "title": book.title,
        "author": book.author,
        "isbn": book.isbn,
        "published_year": book.published_year,
        "tags": list(book.tags),
        "created_at": book.created_at.isoformat(),
        "version": book.version,
    }


def _from_item(item: dict[str, Any]) -> Book:
    return Book(
        id=item["id"],
        title=item["title"],
        author=item["author"],
        isbn=item["isbn"],
        published_year=item["published_year"],
        tags=tuple(item["tags"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        version=item["version"],
    )
