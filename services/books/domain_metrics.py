"""Domain metrics of this service."""

from enum import StrEnum


class DomainMetric(StrEnum):
    """Names of the domain metrics; operations declare which one they count."""

    BOOKS_CREATED = "BooksCreated"
    BOOKS_LENT = "BooksLent"
    BOOKS_RETURNED = "BooksReturned"
