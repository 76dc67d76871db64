"""Books in memory, for tests of what stands above the repository."""

import threading

from books.domain import Book, BookIdTaken, BookNotFound, IsbnTaken


class FakeBookRepository:
    def __init__(self, *books: Book) -> None:
        self._books = {book.id: book for book in books}
        self._lock = threading.Lock()

    def add(self, book: Book) -> None:
        with self._lock:
            if any(known.isbn == book.isbn for known in self._books.values()):
                raise IsbnTaken(f"A book with ISBN {book.isbn} exists.")
            if book.id in self._books:
                raise BookIdTaken("Please try again.")
            self._books[book.id] = book

    def get(self, book_id: str) -> Book:
        try:
            return self._books[book_id]
        except KeyError:
            raise BookNotFound(f"There is no book {book_id}.") from None
