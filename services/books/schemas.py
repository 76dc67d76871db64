"""Requests and responses of the books API."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from books.domain import Book
from books.isbn import PATTERN, isbn13
from books.loans import Loan
from books.spelling import LONGEST_AUTHOR, LONGEST_TAG, LONGEST_TAG_FILTER, folded
from common.http.changes import LEFT_OUT, Change
from common.numbers import Whole
from common.text import Filter, Line

type Title = Annotated[str, Line(256)]
type Author = Annotated[str, Line(LONGEST_AUTHOR)]
type Tag = Annotated[
    str,
    Line(LONGEST_TAG),
    AfterValidator(folded),
    Line(LONGEST_TAG),
    Field(description="Stored without letter case. The limit also holds for the stored form, in which ß is ss."),
]
type Tags = Annotated[list[Tag], Field(max_length=10)]
type Year = Annotated[int, Whole(1, 9999), Field(description="At most next year.")]
type Isbn = Annotated[
    str,
    Field(
        max_length=64,
        description="ISBN-10 or ISBN-13, with or without hyphens and the prefix `ISBN`. The check digit must be right.",
        json_schema_extra={"format": "isbn", "pattern": PATTERN},
    ),
    AfterValidator(isbn13),
]
type AuthorFilter = Annotated[str, Filter(LONGEST_AUTHOR)]
type TagFilter = Annotated[str, Filter(LONGEST_TAG_FILTER)]
ID: Final = "019b76da-a800-7000-8000-000000000001"
type BookId = Annotated[UUID, Field(description="The id in the response to the book's creation.", examples=[ID])]

EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "The Mythical Man-Month",
    "author": "Frederick P. Brooks Jr.",
    "isbn": "9780201835953",
    "published_year": 1995,
    "tags": ["engineering", "management"],
}


# Not in the demo data, so that sending the example succeeds.
NEW_EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "Refactoring",
    "author": "Martin Fowler",
    "isbn": "0-13-475759-9",
    "published_year": 2018,
    "tags": ["engineering"],
}


class BookCreate(BaseModel):
    """A book to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [NEW_EXAMPLE]})

    title: Title
    author: Author
    isbn: Isbn
    published_year: Year | None = None
    tags: Tags = []


class BookChange(Change):
    """The fields of a book to change; a field that is left out keeps its value."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"published_year": 1975, "tags": ["management"]}]})

    title: Title = LEFT_OUT
    author: Author = LEFT_OUT
    isbn: Isbn = LEFT_OUT
    published_year: Year | None = LEFT_OUT
    tags: Tags = LEFT_OUT


class BookOut(BaseModel):
    """The public fields of a book."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": ID, **EXAMPLE}]})

    id: str
    title: str
    author: str
    isbn: str
    published_year: int | None
    tags: list[str]

    @classmethod
    def of(cls, book: Book) -> Self:
        """Return the shown fields of a book."""
        return cls(
            id=book.id,
            title=book.title,
            author=book.author,
            isbn=book.isbn,
            published_year=book.published_year,
            tags=list(book.tags),
        )


class LoanOut(BaseModel):
    """A loan of the caller."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"book_id": ID, "lent_at": "2026-11-21T12:00:00Z"}]})

    book_id: str
    lent_at: datetime

    @classmethod
    def of(cls, loan: Loan) -> Self:
        """Return the shown fields of a loan."""
        return cls(book_id=loan.book_id, lent_at=loan.lent_at)
