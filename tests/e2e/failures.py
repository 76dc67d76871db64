"""Requests that end badly, on purpose."""

from typing import TYPE_CHECKING

import httpx2

from tests.e2e.plane import Plane

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What nobody's request can store: an item without the attributes that every user and every book has.
USER = {"pk": {"S": "USER#13"}, "sk": {"S": "USER"}}
BOOK_ID = "019b76da-a800-7000-8000-000000000013"
BOOK = {"pk": {"S": f"BOOK#{BOOK_ID}"}, "sk": {"S": "BOOK"}}
ROUTES = {"users": "/users/{user_id}", "books": "/api/v1/books/{book_id}"}
PATHS = {"users": "/users/13", "books": f"/api/v1/books/{BOOK_ID}"}


def bug(plane: Plane, dynamodb: "DynamoDBClient", service: str) -> httpx2.Response:
    """Ask for what the service cannot read."""
    item = {"users": USER, "books": BOOK}[service]
    dynamodb.put_item(TableName=f"bookshelf-dev-{service}", Item=item)
    return plane.api.get(PATHS[service])
