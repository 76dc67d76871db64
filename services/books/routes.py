"""The books API."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from books.changes import BookBusy, change, remove
from books.dependencies import Books, Now, RandomBits
from books.domain import Book, BookIdTaken, BookLent, BookNotFound, IsbnTaken, NotYourBook
from books.schemas import BookChange, BookCreate, BookId, BookOut, Line, Tag
from books.spelling import author_key, folded
from books.tallies import Tally
from common.auth.principal import CurrentUser, Principal, TokenRejected
from common.failures import Invalid, Unauthenticated, Unavailable
from common.http.declared_problems import responses
from common.http.pagination import CursorRejected, Page, PageOut, PagingQuery, link_next, position
from common.http.preconditions import Expected, IfMatch, IfMatchMalformed, VersionMismatch, tag
from common.telemetry import metrics
from common.telemetry import traces as observability

PATH: Final = "/api/v1/books"
POSITION: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router: Final = APIRouter(prefix=PATH, tags=["books"])

Author = Annotated[Line | None, Query(description="Only books of this author; letter case does not count.")]
OneTag = Annotated[Tag | None, Query(alias="tag", description="Only books with this tag; letter case does not count.")]


@router.get("", responses=responses(CursorRejected, Invalid))
async def list_books(
    books: Books,
    paging: PagingQuery,
    request: Request,
    response: Response,
    author: Author = None,
    one_tag: OneTag = None,
) -> PageOut[BookOut]:
    """Return a page of all books, of those of an author, or of those with a tag; the newest book comes first."""
    if author and one_tag:
        raise Invalid("Ask for an author or for a tag: books are not found by both at once.")
    query = {"list": PATH, "author": author and author_key(author), "tag": one_tag and folded(one_tag)}
    after = position(paging, query, POSITION)
    with observability.operation("books.list"):
        if author:
            listed = books.by_author(author, limit=paging.limit, after=after)
        elif one_tag:
            listed = books.by_tag(folded(one_tag), limit=paging.limit, after=after)
        else:
            listed = books.newest(limit=paging.limit, after=after)
    following = link_next(request, response, query, Page(*listed))
    return PageOut(items=[BookOut.of(book) for book in listed.items], next=following)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=responses(Unauthenticated, TokenRejected, IsbnTaken, Invalid, Unavailable, BookIdTaken),
)
async def create_book(
    body: BookCreate, user: CurrentUser, books: Books, now: Now, random_bits: RandomBits, response: Response
) -> BookOut:
    """Add a book; its ISBN must be new, in whichever form."""
    book = Book.new(**body.model_dump(), created_by=user.subject, now=now, random_bits=random_bits)
    with observability.operation("books.add"):
        books.add(book)
    metrics.count(Tally.BOOKS_CREATED)
    response.headers["Location"] = f"{PATH}/{book.id}"
    tag(response, book.version)
    return BookOut.of(book)


@router.get("/{book_id}", responses=responses(BookNotFound, Invalid))
async def get_book(book_id: BookId, books: Books, response: Response) -> BookOut:
    """Return one book."""
    book = books.get(str(book_id))
    tag(response, book.version)
    return BookOut.of(book)


@router.patch(
    "/{book_id}",
    responses=responses(
        IfMatchMalformed,
        Unauthenticated,
        TokenRejected,
        NotYourBook,
        BookNotFound,
        IsbnTaken,
        VersionMismatch,
        Invalid,
        Unavailable,
        BookBusy,
    ),
)
async def change_book(
    book_id: BookId, body: BookChange, user: CurrentUser, expected: IfMatch, books: Books, response: Response
) -> BookOut:
    """Change what is sent of a book, as who added it or with the scope `books:admin`; a loan goes on."""
    with observability.operation("books.change"):
        book = change(books, str(book_id), allowed=_allowed(user, expected), **body.model_dump(exclude_unset=True))
    tag(response, book.version)
    return BookOut.of(book)


@router.delete(
    "/{book_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(
        IfMatchMalformed,
        Unauthenticated,
        TokenRejected,
        NotYourBook,
        BookNotFound,
        BookLent,
        VersionMismatch,
        Invalid,
        Unavailable,
        BookBusy,
    ),
)
async def remove_book(book_id: BookId, user: CurrentUser, expected: IfMatch, books: Books) -> None:
    """Remove a book, as who added it or with the scope `books:admin`; not while it is lent."""
    with observability.operation("books.remove"):
        remove(books, str(book_id), allowed=_allowed(user, expected))


def _allowed(user: Principal, expected: Expected) -> Callable[[Book], None]:
    """Return what refuses to change a book that is not the user's, or not of the version that the user has seen."""

    def allowed(book: Book) -> None:
        book.require_power(user.subject, user.scopes)
        expected.check(book.version)

    return allowed
