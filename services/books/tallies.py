"""What is counted of this service's domain."""

from enum import StrEnum


class Tally(StrEnum):
    """Names of metrics, each counted once for each time that it happened."""

    BOOKS_CREATED = "BooksCreated"
    BOOKS_LENT = "BooksLent"
    BOOKS_RETURNED = "BooksReturned"
    IDEMPOTENT_REPLAYS = "IdempotentReplays"  # a borrower asked again for the book that it has
