"""Connects the domain to its adapters. No other module imports both."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from books.domain import BookRepository
from books.loan_repository import DynamoLoanRepository
from books.loans import LoanRepository
from books.repository import DynamoBookRepository
from books.settings import Settings
from common.runtime import Runtime


class Adapters(NamedTuple):
    """The repositories of this service."""

    books: BookRepository
    loans: LoanRepository


def connect(runtime: Runtime) -> Adapters:
    """Return the repositories.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(runtime.environment)
    table = runtime.table(settings.table_name)
    return Adapters(DynamoBookRepository(table), DynamoLoanRepository(table))


def adapters_of(request: Request) -> Adapters:
    """Return the adapters that `connect` created at the start of the application."""
    adapters: Adapters = request.app.state.adapters
    return adapters


async def book_repository(request: Request) -> BookRepository:
    """Return the repository of books."""
    return adapters_of(request).books


async def loan_repository(request: Request) -> LoanRepository:
    """Return the repository of loans."""
    return adapters_of(request).loans


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a function that returns a number of the given bits."""
    return secrets.randbits


Books = Annotated[BookRepository, Depends(book_repository)]
Loans = Annotated[LoanRepository, Depends(loan_repository)]
Now = Annotated[datetime, Depends(now)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]
