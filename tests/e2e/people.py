"""Users of the deployed API: registered and logged in over it, and given scopes on their table."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from users.commands.scopes import change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "bookshelf-dev-users"
PASSWORD = "correct horse battery staple"
TOKEN = "/api/v1/users/token"


@dataclass(frozen=True)
class Person:
    """A registered user."""

    id: int
    email: str
    password: str | None

    @property
    def path(self) -> str:
        return f"/api/v1/users/{self.id}"

    @property
    def form(self) -> dict[str, str]:
        """What the user sends to log in."""
        return {"grant_type": "password", "username": self.email, "password": self.password or PASSWORD}


def new_email() -> str:
    return f"{uuid.uuid4()}@example.com"


def register(api: httpx2.Client, password: str | None = PASSWORD) -> Person:
    """Register a user of whom nobody has heard before."""
    email = new_email()
    body = {"email": email, "username": "reader"} | ({} if password is None else {"password": password})
    created = api.post("/api/v1/users", json=body)
    assert created.status_code == 201, created.text
    return Person(created.json()["id"], email, password)


def log_in(api: httpx2.Client, person: Person, **more: str) -> dict[str, str]:
    """The header by which the user shows who it is."""
    answer = api.post(TOKEN, data=person.form | more)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def grant(dynamodb: "DynamoDBClient", person: Person, *scopes: str) -> None:
    """Give a user scopes, as `make grant` does; a token that is issued from then on has them."""
    change(dynamodb, TABLE, person.email, frozenset(scopes).union)


def administrator(api: httpx2.Client, dynamodb: "DynamoDBClient") -> dict[str, str]:
    """The header of a new administrator of users."""
    person = register(api)
    grant(dynamodb, person, "users:admin")
    return log_in(api, person)
