import asyncio
import json
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.clients.operator_client import operator_client
from local_aws.page.visitors import damaged_book, isbn, visit
from tests.support.moto_servers import moto_in_this_process


@pytest.fixture
def control_plane() -> Iterator[dict[str, str]]:
    with moto_in_this_process() as environment:
        key = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-central-1"}
        yield environment | key


def asked(status: int, body: bytes) -> list[tuple[str, str, bool]]:
    """Method, path, and whether there was a token, of each request that visitors send to an API that answers so."""
    requests = []

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        requests.append((scope["method"], scope["path"], b"authorization" in dict(scope["headers"])))
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def play() -> None:
        async with LoopbackServer(api) as server:
            await asyncio.to_thread(visit, server.url, "/failing", 0.0)

    asyncio.run(play())
    return requests


def test_visitors_do_what_the_dashboard_counts() -> None:
    requests = asked(200, json.dumps({"access_token": "t", "id": "7"}).encode())
    assert len([path for _, path, _ in requests if path == "/failing"]) == 1
    for request in (
        ("POST", "/api/v1/users", False),
        ("POST", "/api/v1/users/token", False),
        ("GET", "/api/v1/users/me", True),
        ("POST", "/api/v1/books", True),
        ("PUT", "/api/v1/books/7/loan", True),
        ("DELETE", "/api/v1/books/7/loan", True),
        ("GET", "/users/4711", True),
    ):
        assert request in requests


@pytest.mark.parametrize(("status", "body"), [(404, b""), (500, b'"failed"')])
def test_visitors_go_on_whatever_they_are_answered(status: int, body: bytes) -> None:
    assert ("GET", "/users/4711", False) in asked(status, body)


def test_a_damaged_book_is_there_only_for_a_while(control_plane: dict[str, str]) -> None:
    client = operator_client("dynamodb", control_plane)
    for table in ("shelf-dev-books", "shelf-dev-users"):
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )

    def count() -> int:
        found: int = client.scan(TableName="shelf-dev-books", Select="COUNT")["Count"]
        return found

    with damaged_book(control_plane) as path:
        assert path.startswith("/api/v1/books/")
        assert count() == 1
    assert count() == 0
    with pytest.raises(KeyboardInterrupt), damaged_book(control_plane):
        raise KeyboardInterrupt
    assert count() == 0


def test_an_isbn_has_its_check_digit() -> None:
    assert isbn(44117271) == "9780441172719"
    assert isbn(59652068) == "9780596520687"
