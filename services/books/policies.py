"""Which callers may use the operations of this service; routes name these policies in their signatures."""

from typing import Annotated, Final

from books.domain import ADMINISTRATION, NotYourBook
from books.loans import NotYourLoan
from common.auth.policy import Permission, Policy, allow

CREATOR: Final = Policy(ADMINISTRATION, owner="the creator of the book", failure=NotYourBook)
BORROWER: Final = Policy(ADMINISTRATION, owner="the borrower of the book", failure=NotYourLoan)

CreatorOrAdministrator = Annotated[Permission, allow(CREATOR)]
BorrowerOrAdministrator = Annotated[Permission, allow(BORROWER)]
