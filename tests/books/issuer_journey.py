"""The journey of a caller whose tokens an OpenID Connect issuer has issued."""

from collections.abc import Callable

import httpx2

from tests.books.profile import new_book
from tests.support.problem import assert_problem

BOOKS = "/api/v1/books"


def journey(api: httpx2.Client, bearer: Callable[..., dict[str, str]]) -> None:
    """Add a book and lend it; its owner is the issuer's subject.

    Args:
        api: A client of the deployed API.
        bearer: Returns the header of a subject in these groups. The group `admins` has every scope.
    """
    own, other = bearer("auth0|anna"), bearer("bob")
    created = api.post(BOOKS, headers=own, **new_book(1))
    assert created.status_code == 201, created.text
    path = created.headers["location"]
    assert api.get(path).status_code == 200
    assert api.put(f"{path}/loan", headers=other).status_code == 201
    [loan] = api.get(f"{BOOKS}/loans", headers=other).json()["items"]
    assert path.endswith(loan["book_id"])
    assert_problem(api.delete(path, headers=other), 403, "not-your-book")
    assert api.delete(f"{path}/loan", headers=other).status_code == 204
    assert api.delete(path, headers=bearer("carol", "admins")).status_code == 204
