"""Books in memory, for tests above the repository."""

import threading
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken, Listed
from books.spelling import author_key
from common.idempotency import Record
from tests.support.records import Records

if TYPE_CHECKING:
    from books.loans import Loan


class FakeBookRepository:
    """Holds `books` and `loans` by book id, guarded by `lock`; `FakeLoanRepository` uses them too."""

    def __init__(self, *books: Book) -> None:
        self.books = {book.id: book for book in books}
        self.loans: dict[str, Loan] = {}
        self.records = Records()
        self.lock = threading.Lock()

    def add(self, book: Book, record: Record | None = None) -> None:
        with self.lock:
            self.records.check(record)
            self._reject_taken_isbn(self.books.values(), book)
            if book.id in self.books:
                raise BookIdTaken("Please try again.")
            self.books[book.id] = book
            self.records.keep(record)

    def get(self, book_id: str) -> Book:
        try:
            return self.books[book_id]
        except KeyError:
            raise BookNotFound(book_id) from None

    def replace(self, known: Book, changed: Book) -> bool:
        with self.lock:
            if not self._is_stored(known):
                return False
            self._reject_taken_isbn((other for other in self.books.values() if other.id != known.id), changed)
            self.books[known.id] = changed
            return True

    def remove(self, known: Book) -> bool:
        with self.lock:
            if known.id in self.loans:
                raise BookLent("The book is lent: remove it when it has been returned.")
            if not self._is_stored(known):
                return False
            del self.books[known.id]
            return True

    def page(self, *, limit: int, after: str | None = None) -> Listed[Book]:
        return self._listed(lambda _: True, limit, after)

    def by_author(self, author: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        return self._listed(lambda book: author_key(book.author) == author_key(author), limit, after)

    def by_tag(self, tag: str, *, limit: int, after: str | None = None) -> Listed[Book]:
        return self._listed(lambda book: tag in book.tags, limit, after)

    def _listed(self, wanted: Callable[[Book], bool], limit: int, after: str | None) -> Listed[Book]:
        with self.lock:
            found = sorted(filter(wanted, self.books.values()), key=attrgetter("id"), reverse=True)
        rest = [book for book in found if after is None or book.id < after]
        return Listed(rest[:limit], rest[limit - 1].id if len(rest) > limit else None)

    def _is_stored(self, known: Book) -> bool:
        stored = self.books.get(known.id)
        return stored is not None and stored.version == known.version

    def _reject_taken_isbn(self, others: Iterable[Book], book: Book) -> None:
        if any(other.isbn == book.isbn for other in others):
            raise IsbnTaken(f"A book with ISBN {book.isbn} exists.")


class BusyBookRepository(FakeBookRepository):
    """A repository in which a concurrent change always wins."""

    def replace(self, known: Book, changed: Book) -> bool:
        assert known.id == changed.id
        return False

    def remove(self, book: Book) -> bool:
        assert book.id in self.books
        return False
