"""The books API."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response

from books.dependencies import Books, Now, RandomBits
from books.domain import Book, BookNotFound, IsbnTaken
from books.schemas import BookCreate, BookId, BookOut
from common.errors import Invalid
from common.problems import responses

router: Final = APIRouter(prefix="/api/v1/books", tags=["books"])


@router.post("", status_code=HTTPStatus.CREATED, responses=responses(IsbnTaken, Invalid))
async def create_book(body: BookCreate, books: Books, now: Now, random_bits: RandomBits, response: Response) -> BookOut:
    """Add a book; its ISBN must be new, in whichever form."""
    book = Book.new(**body.model_dump(), now=now, random_bits=random_bits)
    books.add(book)
    response.headers["Location"] = f"/api/v1/books/{book.id}"
    return BookOut.of(book)


@router.get("/{book_id}", responses=responses(BookNotFound, Invalid))
async def get_book(book_id: BookId, books: Books) -> BookOut:
    """Return one book."""
    return BookOut.of(books.get(str(book_id)))
