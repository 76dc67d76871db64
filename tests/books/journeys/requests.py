"""Requests to the deployed books service."""

import itertools
import time
from typing import Any

import httpx2

BOOKS = "/api/v1/books"
LOANS = f"{BOOKS}/loans"

_numbers = itertools.count(time.time_ns() // 1000)


def new_id() -> str:
    """Return a user id that no other test has used."""
    return str(next(_numbers))


def new_isbn() -> str:
    """Return an ISBN that no other test has used."""
    body = f"978{next(_numbers) % 10**9:09}"
    return body + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body)) % 10)


def new_book(**attributes: Any) -> dict[str, Any]:
    """Return the body of a request that adds a book."""
    return {"title": "Dune 📚", "author": "Frank Herbert", "isbn": new_isbn(), **attributes}


def add_book(api: httpx2.Client, headers: dict[str, str], **attributes: Any) -> str:
    """Add a book and return its address."""
    created = api.post(BOOKS, json=new_book(**attributes), headers=headers)
    assert created.status_code == 201, created.text
    address: str = created.headers["location"]
    return address


def list_all(api: httpx2.Client, address: str, **options: Any) -> list[dict[str, Any]]:
    """Return the items of all pages; each next page is linked in the body and in the header alike."""
    items: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        page = api.get(following, **options)
        assert page.status_code == 200, page.text
        items += page.json()["items"]
        following = page.json()["next"]
        assert page.headers.get("link") == (following and f'<{following}>; rel="next"')
    return items
