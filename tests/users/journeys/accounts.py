"""Users of the deployed API: registered and logged in over it, and granted scopes in their table."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from tests.support.services import deployed_name
from users.commands.scopes import change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USERS = "/api/v1/users"
TOKEN = f"{USERS}/token"
ME = f"{USERS}/me"
TABLE = deployed_name("users")
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    """A registered user."""

    id: int
    email: str
    password: str | None

    @property
    def path(self) -> str:
        """Return the user's address."""
        return f"{USERS}/{self.id}"

    @property
    def form(self) -> dict[str, str]:
        """Return the form that logs the user in."""
        return {"grant_type": "password", "username": self.email, "password": self.password or PASSWORD}


def new_email() -> str:
    """Return an e-mail address that no other test has used."""
    return f"{uuid.uuid4()}@example.com"


def register(api: httpx2.Client, password: str | None = PASSWORD) -> Person:
    """Register a user with a new e-mail address."""
    email = new_email()
    body = {"email": email, "username": "reader"} | ({} if password is None else {"password": password})
    created = api.post(USERS, json=body)
    assert created.status_code == 201, created.text
    return Person(created.json()["id"], email, password)


def log_in(api: httpx2.Client, person: Person, **more: str) -> dict[str, str]:
    """Log the user in and return the header with the token."""
    response = api.post(TOKEN, data=person.form | more)
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


def grant(dynamodb: "DynamoDBClient", person: Person, *scopes: str) -> None:
    """Grant the user scopes, as `make grant` does; tokens that are issued from then on have them."""
    change(dynamodb, TABLE, person.email, frozenset(scopes).union)


def administrator(api: httpx2.Client, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """Return the header with the token of a new administrator of users."""
    person = register(api)
    grant(dynamodb, person, "users:admin")
    return log_in(api, person)
