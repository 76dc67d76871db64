"""Requests and responses of the books API."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from books.domain import Book
from books.isbn import isbn13
from books.loans import Loan

PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

type Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256, pattern=PRINTABLE)]
type Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32, pattern=PRINTABLE)]
type Tags = Annotated[list[Tag], Field(max_length=10)]
type Year = Annotated[int, Field(ge=1, le=9999, strict=True)]
type Isbn = Annotated[
    str, Field(max_length=32, description="ISBN-10 or ISBN-13, with or without hyphens."), AfterValidator(isbn13)
]
ID: Final = "019b76da-a800-7000-8000-000000000001"
type BookId = Annotated[UUID, Field(description="The id in the response to the book's creation.", examples=[ID])]

NULLABLE: Final = {"published_year"}
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

    title: Line
    author: Line
    isbn: Isbn
    published_year: Year | None = None
    tags: Tags = []


def _describe_change(schema: dict[str, Any]) -> None:
    """Describe what the types cannot: at least one field, no defaults, and null for the year only."""
    schema["minProperties"] = 1
    schema["examples"] = [{"published_year": 1975, "tags": ["management"]}]
    for name, described in schema["properties"].items():
        del described["default"]
        if name not in NULLABLE:
            described.update(described.pop("anyOf")[0])


class BookChange(BaseModel):
    """The fields of a book to change; a field that is left out keeps its value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_describe_change)

    title: Line | None = None
    author: Line | None = None
    isbn: Isbn | None = None
    published_year: Year | None = None
    tags: Tags | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _no_null(cls, value: object, field: ValidationInfo) -> object:
        if value is None and field.field_name not in NULLABLE:
            raise ValueError("null is not allowed: leave the field out to keep its value")
        return value

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("there is nothing to change: send at least one field")
        return self


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
