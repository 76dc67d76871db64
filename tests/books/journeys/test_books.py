"""The journey of a book through the packaged zips."""

from functools import partial

import httpx2

from tests.books.journeys.requests import BOOKS, LOANS, add_book, list_all, new_book, new_id
from tests.support.deployed.signing import Signer
from tests.support.eventually import eventually
from tests.support.problem import assert_problem


def test_book_is_added_changed_lent_returned_and_removed(deployed_api: httpx2.Client, signer: Signer) -> None:
    creator, borrower = signer.bearer(new_id()), signer.bearer(new_id())
    body = new_book(tags=["science fiction"], published_year=1965)
    created = deployed_api.post(BOOKS, json=body, headers=creator)
    assert created.status_code == 201
    assert created.json() == body | {"id": created.json()["id"]}
    assert_problem(deployed_api.post(BOOKS, json=body, headers=creator), 409, "isbn-taken")
    assert_problem(deployed_api.post(BOOKS, json=body), 401, "unauthenticated")

    book = created.headers["location"]
    known = {"if-match": created.headers["etag"]}
    change = {"title": "Dune Messiah"}
    assert_problem(deployed_api.patch(book, json=change, headers=borrower), 403, "not-your-book")
    assert deployed_api.patch(book, json=change, headers=creator | known).json() == created.json() | change
    assert_problem(deployed_api.patch(book, json=change, headers=creator | known), 412, "version-mismatch")

    lent = deployed_api.put(f"{book}/loan", headers=borrower)
    assert lent.status_code == 201
    again = deployed_api.put(f"{book}/loan", headers=borrower)
    assert (again.status_code, again.json()) == (200, lent.json())
    assert_problem(deployed_api.put(f"{book}/loan", headers=creator), 409, "book-already-lent")
    eventually(partial(list_all, deployed_api, LOANS, headers=borrower), [lent.json()])
    assert_problem(deployed_api.delete(book, headers=creator), 409, "book-lent")
    assert deployed_api.delete(f"{book}/loan", headers=borrower).status_code == 204

    assert deployed_api.delete(book, headers=creator).status_code == 204
    assert_problem(deployed_api.get(book), 404, "book-not-found")


def test_books_are_listed_by_author_and_tag(deployed_api: httpx2.Client, signer: Signer) -> None:
    name, creator = new_id(), signer.bearer(new_id())
    addresses = [add_book(deployed_api, creator, author=f"Author {name}", tags=[f"Tag {name}"]) for _ in range(3)]
    expected = [deployed_api.get(address).json() for address in reversed(addresses)]
    for query in (f"author=AUTHOR++{name}&limit=2", f"tag=TAG%20{name}&limit=1"):
        eventually(partial(list_all, deployed_api, f"{BOOKS}?{query}"), expected)

    eventually(lambda: deployed_api.get(f"{BOOKS}?limit=1").json()["items"], expected[:1])
