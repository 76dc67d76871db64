"""Requests that end badly, on purpose."""

from typing import TYPE_CHECKING, NamedTuple

import httpx2

from tests.books.journeys.requests import BOOKS, new_book, new_id
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import THROTTLED, THROTTLING, Faults
from tests.support.deployed.signing import Signer
from tests.users.journeys.accounts import PASSWORD, TOKEN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What nobody's request can store: an item without the attributes that every user and every book has.
NUMBER = 13
BOOK_ID = "019b76da-a800-7000-8000-000000000013"
KEYS = {"users": (f"USER#{NUMBER}", "USER"), "books": (f"BOOK#{BOOK_ID}", "BOOK")}
ROUTES = {"users": "/users/{user_id}", "books": "/api/v1/books/{book_id}"}
OPEN = {"users": ("GET", f"/users/{NUMBER}"), "books": ("GET", f"{BOOKS}/{BOOK_ID}")}
CLOSED = {"users": ("GET", "/api/v1/users/me"), "books": ("PATCH", f"{BOOKS}/{BOOK_ID}")}


def bug(
    deployment: Deployment, dynamodb: "DynamoDBClient", service: str, headers: dict[str, str] | None = None
) -> httpx2.Response:
    """Ask for what the service cannot read: as anybody, or as user NUMBER, by that user's `headers`."""
    pk, sk = KEYS[service]
    dynamodb.put_item(TableName=f"bookshelf-dev-{service}", Item={"pk": {"S": pk}, "sk": {"S": sk}})
    method, path = OPEN[service] if headers is None else CLOSED[service]
    return deployment.api.request(method, path, headers=headers, json=None if headers is None else {"title": "Dune"})


class Outages(NamedTuple):
    """What callers were answered while AWS did not serve."""

    users: httpx2.Response
    books: httpx2.Response
    login: httpx2.Response


def outages(deployment: Deployment, faults: Faults, signer: Signer) -> Outages:
    """Let DynamoDB throttle every attempt of a request to either service, and Secrets Manager those of a login."""
    faults.let("GetItem", THROTTLED, times=3)
    users = deployment.api.get("/users/1")
    faults.let("TransactWriteItems", THROTTLED, times=3)
    books = deployment.api.post(BOOKS, json=new_book(), headers=signer.bearer(new_id()))
    # No request to users has needed the key before.
    faults.let("GetSecretValue", THROTTLING, times=2)
    form = {"grant_type": "password", "username": "cto@example.com", "password": PASSWORD}
    return Outages(users, books, deployment.api.post(TOKEN, data=form))
