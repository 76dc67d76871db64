"""Connects the domain to its adapters. No other module imports both."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Request

from common.auth.authentication import TokenVerification, Verification
from common.product import PRODUCT
from common.runtime import Runtime
from users.accounts import Accounts, IssuerAccounts, OwnAccounts
from users.argon2_adapter import Argon2Hasher
from users.domain import UserRepository
from users.failed_logins import FailureRepository
from users.login import Authenticator, PasswordRepository, TokenIssuer
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.networks import network_of
from users.passwords import Hasher, PasswordHashing
from users.precis_adapter import OpaqueString
from users.repository import DynamoUserRepository
from users.settings import Settings
from users.token_adapter import KeyRingTokenIssuer
from users.zxcvbn_adapter import ZxcvbnList


class Adapters(NamedTuple):
    """The settings and the repositories of this service."""

    settings: Settings
    users: UserRepository
    passwords: PasswordRepository
    failures: FailureRepository


def connect(runtime: Runtime) -> Adapters:
    """Return the settings and the repositories.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = Settings.from_environment(runtime.environment)
    table = runtime.table(settings.table_name)
    return Adapters(
        settings, DynamoUserRepository(table), DynamoPasswordRepository(table), DynamoFailureRepository(table)
    )


def adapters_of(request: Request) -> Adapters:
    """Return the adapters that `connect` created at the start of the application."""
    adapters: Adapters = request.app.state.adapters
    return adapters


async def user_repository(request: Request) -> UserRepository:
    """Return the repository of users."""
    return adapters_of(request).users


async def password_repository(request: Request) -> PasswordRepository:
    """Return the repository of password hashes."""
    return adapters_of(request).passwords


async def failure_repository(request: Request) -> FailureRepository:
    """Return the repository of failed logins."""
    return adapters_of(request).failures


async def hasher() -> Hasher:
    """Return the hasher of normalised passwords."""
    return Argon2Hasher()


async def hashing(hasher: Annotated[Hasher, Depends(hasher)]) -> PasswordHashing:
    """Return the hashing of passwords, with the product's names and the common passwords."""
    return PasswordHashing(hasher, OpaqueString(), ZxcvbnList(), (PRODUCT.name, PRODUCT.title))


async def now() -> datetime:
    """Return the time of this request, in UTC."""
    return datetime.now(UTC)


async def network(request: Request) -> str:
    """Return the caller's network, by the address in the request's context: callers choose what headers say."""
    return network_of(request.client.host if request.client else None)


CallersNetwork = Annotated[str, Depends(network)]


async def own_network(request: Request, network: CallersNetwork) -> str | None:
    """Return the network of a caller who registers, or None with a token: then the caller registers somebody else."""
    return None if "authorization" in request.headers else network


async def random_bits() -> Callable[[int], int]:
    """Return the source of randomness: a function that returns a number of the given bits."""
    return secrets.randbits


Users = Annotated[UserRepository, Depends(user_repository)]
Hashing = Annotated[PasswordHashing, Depends(hashing)]
Now = Annotated[datetime, Depends(now)]
OwnNetwork = Annotated[str | None, Depends(own_network)]
RandomBits = Annotated[Callable[[int], int], Depends(random_bits)]


def accounts_of(users: UserRepository, verification: Verification) -> Accounts:
    """Return the accounts of callers with own tokens, or with those of the issuer."""
    return OwnAccounts(users) if verification.issuer is None else IssuerAccounts(users)


async def accounts(users: Users, verification: TokenVerification) -> Accounts:
    """Return the accounts of callers."""
    return accounts_of(users, verification)


CallersAccounts = Annotated[Accounts, Depends(accounts)]


async def authenticator(
    users: Users,
    passwords: Annotated[PasswordRepository, Depends(password_repository)],
    failures: Annotated[FailureRepository, Depends(failure_repository)],
    hashing: Hashing,
) -> Authenticator:
    """Return the authenticator of users by password."""
    return Authenticator(users, passwords, failures, hashing)


async def token_issuer(verification: TokenVerification) -> TokenIssuer:
    """Return the issuer of tokens."""
    return KeyRingTokenIssuer(verification.keys, verification.settings)


PasswordLogin = Annotated[Authenticator, Depends(authenticator)]
Tokens = Annotated[TokenIssuer, Depends(token_issuer)]
