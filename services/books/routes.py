"""The books API."""

import re
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Request, Response

from books import operations
from books.dependencies import Books, Now, RandomBits
from books.domain import Book, BookBusy, BookIdTaken, BookLent, BookNotFound, IsbnTaken
from books.policies import CreatorOrAdministrator
from books.schemas import AuthorFilter, BookChange, BookCreate, BookId, BookOut, TagFilter
from books.spelling import author_key, folded
from common.auth.authentication import CurrentUser
from common.failures import Invalid
from common.http.idempotency import IdempotencyKey
from common.http.openapi import responses, sets
from common.http.pagination import Page, PageOut, PagingQuery, link_next, position
from common.http.preconditions import PreconditionHeaders, tag
from common.http.protection import revalidated
from common.http.router import Router

PATH: Final = "/api/v1/books"
POSITION: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router: Final = Router(prefix=PATH, tags=["books"])

Author = Annotated[
    AuthorFilter | None,
    Query(description="Only books of this author; letter case does not count. Cannot be combined with `tag`."),
]
OneTag = Annotated[
    TagFilter | None,
    Query(
        alias="tag",
        description="Only books with this tag; letter case does not count. Cannot be combined with `author`.",
    ),
]


@router.get("")
async def list_books(
    books: Books,
    paging: PagingQuery,
    request: Request,
    response: Response,
    author: Author = None,
    one_tag: OneTag = None,
) -> PageOut[BookOut]:
    """Return a page of all books, of an author's, or of those with a tag, the newest first."""
    if author and one_tag:
        raise Invalid("Filter by author or by tag, not by both.")
    tag_key = one_tag and folded(one_tag)
    query = {"list": PATH, "author": author and author_key(author), "tag": tag_key}
    after = position(paging, query, POSITION)
    listed = operations.list_books(books, author=author, tag=tag_key, limit=paging.limit, after=after)
    following = link_next(request, response, query, Page(*listed))
    return PageOut(items=[BookOut.of(book) for book in listed.items], next=following)


@sets("ETag")
def _created(response: Response, book: Book) -> BookOut:
    response.headers["Location"] = f"{PATH}/{book.id}"
    tag(response, book.version)
    return BookOut.of(book)


@router.post("", status_code=HTTPStatus.CREATED, responses=responses(IsbnTaken, BookIdTaken))
async def create_book(
    body: BookCreate,
    user: CurrentUser,
    key: IdempotencyKey,
    books: Books,
    now: Now,
    random_bits: RandomBits,
    response: Response,
) -> BookOut:
    """Create a book; its ISBN must be new, in either form."""
    book = operations.create_book(
        books,
        created_by=user.subject,
        now=now,
        random_bits=random_bits,
        record=key.recording(user.subject, body, now, _created),
        **body.model_dump(),
    )
    return _created(response, book)


@router.get("/{book_id:uuid}", responses=responses(BookNotFound))
async def get_book(book_id: BookId, books: Books, response: Response) -> BookOut:
    """Return one book."""
    book = operations.get_book(books, str(book_id))
    tag(response, book.version)
    revalidated(response)
    return BookOut.of(book)


@router.patch(
    "/{book_id:uuid}",
    responses=responses(BookNotFound, IsbnTaken, BookBusy),
)
async def change_book(
    book_id: BookId,
    body: BookChange,
    permission: CreatorOrAdministrator,
    preconditions: PreconditionHeaders,
    books: Books,
    now: Now,
    response: Response,
) -> BookOut:
    """Change the given fields; a loan is not affected."""
    book = operations.change_book(
        books, str(book_id), allow=permission.check_owner, check=preconditions.check, now=now, **body.given()
    )
    tag(response, book.version)
    return BookOut.of(book)


@router.delete(
    "/{book_id:uuid}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(BookNotFound, BookLent, BookBusy),
)
async def remove_book(
    book_id: BookId, permission: CreatorOrAdministrator, preconditions: PreconditionHeaders, books: Books
) -> None:
    """Remove a book, unless it is lent."""
    operations.remove_book(books, str(book_id), allow=permission.check_owner, check=preconditions.check)
