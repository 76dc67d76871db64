"""Books of the deployed API, added by users of whom nobody has heard before."""

import itertools
import time
from typing import Any

import httpx2

BOOKS = "/api/v1/books"
LOANS = f"{BOOKS}/loans"
NOWHERE = f"{BOOKS}/019b76da-a800-7000-8000-00000000ffff"

_numbers = itertools.count(time.time_ns() // 1000)


def new_id() -> str:
    """The id of another user at each call."""
    return str(next(_numbers))


def new_isbn() -> str:
    body = f"978{next(_numbers) % 10**9:09}"
    return body + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body)) % 10)


def new_book(**attributes: Any) -> dict[str, Any]:
    return {"title": "Dune 📚", "author": "Frank Herbert", "isbn": new_isbn(), **attributes}


def added(api: httpx2.Client, headers: dict[str, str], **attributes: Any) -> str:
    """Add a book and return its address."""
    created = api.post(BOOKS, json=new_book(**attributes), headers=headers)
    assert created.status_code == 201, created.text
    address: str = created.headers["location"]
    return address


def everything(api: httpx2.Client, address: str, **options: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page; each page is linked in its body and its header alike."""
    items: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        answer = api.get(following, **options)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        following = answer.json()["next"]
        assert answer.headers.get("link") == (following and f'<{following}>; rel="next"')
    return items
