"""Joins ports and adapters: the only module that knows both."""

import functools
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import Depends

from books.domain import BookRepository
from books.loan_repository import DynamoLoanRepository
from books.loans import LoanRepository
from books.repository import DynamoBookRepository
from books.settings import Settings
from common.auth import principal as auth
from common.dynamodb import client as dynamodb
from common.dynamodb.table import Table


class Adapters(NamedTuple):
    """The repositories of this process."""

    books: BookRepository
    loans: LoanRepository


@functools.cache
def connect() -> Adapters:
    """Return the repositories; the first call, in Lambda's INIT, reads the environment and makes all clients.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(os.environ)
    table = Table(dynamodb.client(), settings.table_name)
    auth.prepare()
    return Adapters(DynamoBookRepository(table), DynamoLoanRepository(table))


async def book_repository() -> BookRepository:
    """Return the repository of books."""
    return connect().books


async def loan_repository() -> LoanRepository:
    """Return the repository of loans."""
    return connect().loans


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a number of that many bits at each call."""
    return secrets.randbits


Books = Annotated[BookRepository, Depends(book_repository)]
Loans = Annotated[LoanRepository, Depends(loan_repository)]
Now = Annotated[datetime, Depends(now)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]
