"""Joins ports and adapters, and authenticates the caller."""

import functools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from common.auth import principal as auth
from common.auth.principal import Bearer, CurrentUser, Keys, Principal, TokenSettingsDependency, current_user, verify
from common.dynamodb import client as dynamodb
from common.dynamodb.table import Table
from users.accounts import Account, AccountInactive, user_id_of
from users.domain import UserNotFound, UserRepository
from users.login import Authenticator, FailureRepository, Hasher, PasswordRepository, TokenIssuer
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.passwords import Argon2Hasher
from users.repository import DynamoUserRepository
from users.settings import Settings
from users.tokens import KeyRingTokenIssuer


@dataclass(frozen=True, slots=True)
class Adapters:
    """The settings and the repositories of this process."""

    settings: Settings
    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository


@functools.cache
def connect() -> Adapters:
    """Return the repositories; the first call, in Lambda's INIT, reads the environment and makes the clients.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(os.environ)
    auth.prepare()
    table = Table(dynamodb.client(), settings.table_name)
    return Adapters(
        settings, DynamoUserRepository(table), DynamoPasswordRepository(table), DynamoFailureRepository(table)
    )


async def user_repository() -> UserRepository:
    """Return the repository of users."""
    return connect().users


async def password_repository() -> PasswordRepository:
    """Return the repository of password hashes."""
    return connect().passwords


async def failure_repository() -> FailureRepository:
    """Return the repository of failed logins."""
    return connect().failures


async def hasher() -> Hasher:
    """Return the password hasher."""
    return Argon2Hasher()


async def settings() -> Settings:
    """Return the settings of this process."""
    return connect().settings


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a number of that many bits at each call."""
    return secrets.randbits


Users = Annotated[UserRepository, Depends(user_repository)]
PasswordHasher = Annotated[Hasher, Depends(hasher)]
Now = Annotated[datetime, Depends(now)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]


async def authenticator(
    users: Users,
    passwords: Annotated[PasswordRepository, Depends(password_repository)],
    failures: Annotated[FailureRepository, Depends(failure_repository)],
    hasher: PasswordHasher,
) -> Authenticator:
    """Return what authenticates users by password."""
    return Authenticator(users, passwords, failures, hasher)


async def token_issuer(keys: Keys, settings: TokenSettingsDependency) -> TokenIssuer:
    """Return what issues tokens."""
    return KeyRingTokenIssuer(keys, settings)


async def current_account(principal: CurrentUser, users: Users) -> Account:
    """Return the caller's account as it is stored now, so that a revoked scope counts before the token expires.

    Raises:
        Unauthenticated: There is no token.
        TokenRejected: The token is not valid.
        AccountInactive: The user has been deactivated or erased since the token was issued.
    """
    try:
        user = users.get(user_id_of(principal.subject))
    except UserNotFound:
        raise AccountInactive from None
    return Account.of(user, principal.scopes)


CurrentAccount = Annotated[Account, Depends(current_account)]


async def administrator(account: CurrentAccount) -> Account:
    """Return the caller's account.

    Raises:
        Forbidden: The caller is not an administrator of users.
    """
    account.require_administration()
    return account


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller who reads a user: anyone, or an account."""

    account: Account | None

    def require(self, user_id: int) -> None:
        """Raise `Forbidden` unless everyone may read users, or the caller may change this one.

        Raises:
            Forbidden: The account is neither this user nor an administrator.
        """
        if self.account is not None:
            self.account.require_owner(user_id)


async def reader(
    settings: Annotated[Settings, Depends(settings)],
    users: Users,
    token: Bearer,
    keys: Keys,
    tokens: TokenSettingsDependency,
) -> Reader:
    """Return the caller who reads a user; where everyone may, the token is not read.

    Raises:
        Unauthenticated: A token is required and missing.
        TokenRejected: The token is not valid.
        AccountInactive: The account has been deactivated or erased.
    """
    if settings.public_user_read:
        return Reader(None)
    principal: Principal | None = None if token is None else verify(token, keys, tokens)
    return Reader(await current_account(await current_user(principal), users))


Administrator = Annotated[Account, Depends(administrator)]
UserReader = Annotated[Reader, Depends(reader)]
PasswordLogin = Annotated[Authenticator, Depends(authenticator)]
Tokens = Annotated[TokenIssuer, Depends(token_issuer)]
