"""Which adapter stands behind which port: the only place that knows both."""

import functools
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from common import auth, dynamodb
from common.table import Table
from users.domain import UserRepository
from users.repository import DynamoUserRepository
from users.settings import Settings


@functools.cache
def connect() -> UserRepository:
    """Return the repository; the first call, in Lambda's INIT, reads the environment and makes the clients.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(os.environ)
    auth.prepare()
    return DynamoUserRepository(Table(dynamodb.client(), settings.table_name))


async def user_repository() -> UserRepository:
    """Return where users are kept."""
    return connect()


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a number of that many bits at each call."""
    return secrets.randbits


Users = Annotated[UserRepository, Depends(user_repository)]
Now = Annotated[datetime, Depends(now)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]
