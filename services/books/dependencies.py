"""Which adapter stands behind which port: the only place that knows both."""

import functools
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from books.domain import BookRepository
from books.repository import DynamoBookRepository
from books.settings import Settings
from common import auth, dynamodb
from common.table import Table


@functools.cache
def connect() -> BookRepository:
    """Return the repository; the first call, in Lambda's INIT, reads the environment and makes the clients.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(os.environ)
    auth.prepare()
    return DynamoBookRepository(Table(dynamodb.client(), settings.table_name))


async def book_repository() -> BookRepository:
    """Return where books are kept."""
    return connect()


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a number of that many bits at each call."""
    return secrets.randbits


Books = Annotated[BookRepository, Depends(book_repository)]
Now = Annotated[datetime, Depends(now)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]
