"""The API of loans."""

import re
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

from books import loan_operations
from books.dependencies import Loans, Now
from books.domain import BookBusy, BookNotFound
from books.loans import BookAlreadyLent, LoanNotFound
from books.policies import BorrowerOrAdministrator
from books.schemas import BookId, LoanOut
from common.auth.authentication import CurrentUser
from common.http.openapi import responses
from common.http.pagination import Page, PageOut, PagingQuery, link_next, position
from common.http.router import Router

PATH: Final = "/api/v1/books"
POSITION: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00#[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)

router: Final = Router(prefix=PATH, tags=["loans"])


@router.get("/loans")
async def list_own_loans(
    user: CurrentUser, loans: Loans, paging: PagingQuery, request: Request, response: Response
) -> PageOut[LoanOut]:
    """Return a page of the caller's loans, the newest first."""
    query = {"list": f"{PATH}/loans", "borrower": user.subject}
    after = position(paging, query, POSITION)
    listed = loan_operations.list_own_loans(loans, user.subject, limit=paging.limit, after=after)
    following = link_next(request, response, query, Page(*listed))
    return PageOut(items=[LoanOut.of(loan) for loan in listed.items], next=following)


@router.put(
    "/{book_id:uuid}/loan",
    responses={
        HTTPStatus.CREATED.value: {"model": LoanOut, "description": "The book is lent to the caller"},
        HTTPStatus.OK.value: {"description": "The caller has already borrowed the book"},
        **responses(BookNotFound, BookAlreadyLent, BookBusy),
    },
)
async def borrow_book(book_id: BookId, user: CurrentUser, loans: Loans, now: Now, response: Response) -> LoanOut:
    """Borrow a book, or return the caller's existing loan of it."""
    loan, is_new = loan_operations.borrow_book(loans, str(book_id), borrower=user.subject, now=now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return LoanOut.of(loan)


@router.delete(
    "/{book_id:uuid}/loan",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(BookNotFound, LoanNotFound, BookBusy),
)
async def return_book(book_id: BookId, permission: BorrowerOrAdministrator, loans: Loans) -> None:
    """Return a book."""
    loan_operations.return_book(loans, str(book_id), borrower=permission.required_owner)
