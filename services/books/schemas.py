"""What the books API takes and gives."""

from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from books.domain import Book, isbn13

PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

type Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256, pattern=PRINTABLE)]
type Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32, pattern=PRINTABLE)]
type Isbn = Annotated[
    str, Field(max_length=32, description="ISBN-10 or ISBN-13, with or without hyphens."), AfterValidator(isbn13)
]
type BookId = Annotated[UUID, Field(description="As the answer to its creation said.")]

EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "The Mythical Man-Month",
    "author": "Frederick P. Brooks Jr.",
    "isbn": "9780201835953",
    "published_year": 1995,
    "tags": ["engineering", "management"],
}


class BookCreate(BaseModel):
    """A book to add."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{**EXAMPLE, "isbn": "0-201-83595-9"}]})

    title: Line
    author: Line
    isbn: Isbn
    published_year: Annotated[int, Field(ge=1, le=9999, strict=True)] | None = None
    tags: Annotated[list[Tag], Field(max_length=10)] = []


class BookOut(BaseModel):
    """A book as everyone may see it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "019b76da-a800-7000-8000-000000000001", **EXAMPLE}]}
    )

    id: str
    title: str
    author: str
    isbn: str
    published_year: int | None
    tags: list[str]

    @classmethod
    def of(cls, book: Book) -> Self:
        """Return what of a book is shown."""
        return cls(
            id=book.id,
            title=book.title,
            author=book.author,
            isbn=book.isbn,
            published_year=book.published_year,
            tags=list(book.tags),
        )
