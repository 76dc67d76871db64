"""Books through the packaged zips: every route, by everyone who may and who may not."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx2
import pytest

from tests.e2e.people import log_in, register
from tests.e2e.shelf import BOOKS, NOWHERE, added, everything, new_book, new_id, new_isbn
from tests.e2e.signing import Signer
from tests.support.eventually import eventually
from tests.support.problem import assert_problem

CHANGE = {"title": "Dune Messiah"}


@pytest.fixture
def creator(signer: Signer) -> dict[str, str]:
    return signer.bearer(new_id())


@pytest.fixture
def admin(signer: Signer) -> dict[str, str]:
    return signer.bearer(new_id(), "books:admin")


@pytest.fixture
def book(api: httpx2.Client, creator: dict[str, str]) -> str:
    """The address of a book that `creator` has added."""
    return added(api, creator, tags=["Science Fiction"], published_year=1965)


def test_who_registers_and_logs_in_adds_a_book_and_alone_changes_and_removes_it(api: httpx2.Client) -> None:
    own, other = (log_in(api, register(api)) for _ in range(2))
    address = added(api, own)
    for method, body in (("PATCH", CHANGE), ("DELETE", None)):
        assert_problem(api.request(method, address, json=body, headers=other), 403, "not-your-book")
    assert api.patch(address, json=CHANGE, headers=own).json()["title"] == "Dune Messiah"
    assert api.delete(address, headers=own).status_code == 204
    assert_problem(api.get(address), 404, "book-not-found")


def test_a_book_is_created_once_and_read_by_everyone(api: httpx2.Client, creator: dict[str, str]) -> None:
    book = new_book(tags=["science fiction"])
    created = api.post(BOOKS, json=book, headers=creator)
    assert created.status_code == 201
    assert created.json() == {**book, "id": created.json()["id"], "published_year": None}
    read = api.get(created.headers["location"])
    assert (read.json(), read.headers["etag"]) == (created.json(), created.headers["etag"])
    assert_problem(api.post(BOOKS, json=book, headers=creator), 409, "isbn-taken")


def test_of_fifty_books_with_one_isbn_arriving_at_once_exactly_one_is_created(
    api: httpx2.Client, creator: dict[str, str]
) -> None:
    book = new_book()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: api.post(BOOKS, json=book, headers=creator), range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49


@pytest.mark.parametrize("who", ["creator", "admin"])
def test_who_may_changes_and_removes_a_book(
    api: httpx2.Client, book: str, who: str, request: pytest.FixtureRequest
) -> None:
    headers: dict[str, str] = request.getfixturevalue(who)
    before = api.get(book)
    isbn = new_isbn()
    changed = api.patch(book, json=CHANGE | {"isbn": isbn, "tags": ["sequel"]}, headers=headers)
    assert changed.status_code == 200
    assert changed.json() == before.json() | CHANGE | {"isbn": isbn, "tags": ["sequel"]}
    assert changed.headers["etag"] != before.headers["etag"]
    assert api.get(book).json() == changed.json()
    assert added(api, headers, isbn=before.json()["isbn"])
    assert api.delete(book, headers=headers).status_code == 204
    assert_problem(api.delete(book, headers=headers), 404, "book-not-found")


REQUESTS = [("POST", BOOKS, new_book()), ("PATCH", "{book}", CHANGE), ("DELETE", "{book}", None)]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_writing_needs_a_token_of_this_deployment(
    api: httpx2.Client, book: str, signer: Signer, method: str, path: str, body: object
) -> None:
    address = path.format(book=book)
    before = api.get(book).json()
    anonymous = api.request(method, address, json=body)
    assert_problem(anonymous, 401, "unauthenticated")
    assert anonymous.headers["www-authenticate"] == 'Bearer realm="bookshelf"'
    for claims in ({"exp": 1}, {"iss": "bookshelf-prod"}, {"aud": "bookshelf-prod-api"}):
        refused = api.request(method, address, json=body, headers=signer.bearer("1", "books:admin", **claims))
        assert_problem(refused, 401, "invalid-token")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert api.get(book).json() == before


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS[1:])
def test_others_leave_a_book_alone(
    api: httpx2.Client, book: str, signer: Signer, method: str, path: str, body: object
) -> None:
    before = api.get(book).json()
    for scopes in ((), ("users:admin",)):
        answer = api.request(method, path.format(book=book), json=body, headers=signer.bearer(new_id(), *scopes))
        assert_problem(answer, 403, "not-your-book")
        assert 'scope="books:admin"' in answer.headers["www-authenticate"]
    assert api.get(book).json() == before


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (("GET", NOWHERE, None, {}), 404, "book-not-found"),
        (("PATCH", NOWHERE, CHANGE, {}), 404, "book-not-found"),
        (("DELETE", NOWHERE, None, {}), 404, "book-not-found"),
        (("GET", f"{BOOKS}/abc", None, {}), 422, "invalid-request"),
        (("PATCH", "{book}", {}, {}), 422, "invalid-request"),
        (("PATCH", "{book}", {"title": None}, {}), 422, "invalid-request"),
        (("PATCH", "{book}", {"isbn": "9780135957059"}, {}), 409, "isbn-taken"),  # of the demo data
        (("PATCH", "{book}", CHANGE, {"if-match": '"9"'}), 412, "version-mismatch"),
        (("DELETE", "{book}", None, {"if-match": '"9"'}), 412, "version-mismatch"),
        (("PATCH", "{book}", CHANGE, {"if-match": "9"}), 400, "invalid-if-match"),
        (("POST", BOOKS, {"title": ""}, {}), 422, "invalid-request"),
        (("PUT", "{book}", CHANGE, {}), 405, None),
        (("GET", f"{BOOKS}?limit=0", None, {}), 422, "invalid-request"),
        (("GET", f"{BOOKS}?author=a&tag=b", None, {}), 422, "invalid-request"),
        (("GET", f"{BOOKS}?cursor=damaged", None, {}), 400, "invalid-cursor"),
    ],
)
def test_every_other_refusal_is_a_problem(
    api: httpx2.Client, book: str, creator: dict[str, str], asked: tuple[Any, ...], status: int, code: str | None
) -> None:
    method, path, body, headers = asked
    answer = api.request(method, path.format(book=book), json=body, headers=creator | headers)
    assert_problem(answer, status, code)


def test_a_change_of_the_version_that_was_read_is_made(api: httpx2.Client, book: str, creator: dict[str, str]) -> None:
    known = {"if-match": api.get(book).headers["etag"]}
    assert api.patch(book, json=CHANGE, headers=creator | known).status_code == 200
    assert_problem(api.delete(book, headers=creator | known), 412, "version-mismatch")
    known = {"if-match": api.get(book).headers["etag"]}
    assert api.delete(book, headers=creator | known).status_code == 204


def test_a_lent_book_cannot_be_removed(
    api: httpx2.Client, book: str, creator: dict[str, str], admin: dict[str, str]
) -> None:
    assert api.put(f"{book}/loan", headers=creator).status_code == 201
    for headers in (creator, admin):
        assert_problem(api.delete(book, headers=headers), 409, "book-lent")
    assert api.patch(book, json=CHANGE, headers=creator).status_code == 200
    assert api.delete(f"{book}/loan", headers=creator).status_code == 204
    assert api.delete(book, headers=creator).status_code == 204


def test_books_are_found_by_author_and_tag_the_newest_first(api: httpx2.Client, creator: dict[str, str]) -> None:
    name = new_id()
    addresses = [added(api, creator, author=f"Author {name}", tags=[f"Tag {name}"]) for _ in range(5)]
    expected = [api.get(address).json() for address in reversed(addresses)]
    for query in (f"author=AUTHOR++{name}&limit=2", f"tag=TAG%20{name}&limit=1", f"tag=tag+{name}"):
        eventually(partial(everything, api, f"{BOOKS}?{query}"), expected)
    for address in addresses:
        assert api.delete(address, headers=creator).status_code == 204
    eventually(lambda: everything(api, f"{BOOKS}?tag=tag+{name}"), [])
    eventually(lambda: everything(api, f"{BOOKS}?author=author+{name}"), [])


def test_all_books_are_listed_page_by_page_while_others_come_and_go(
    api: httpx2.Client, creator: dict[str, str]
) -> None:
    going, staying = [], []
    for _ in range(3):
        staying.append(added(api, creator))
        going.append(added(api, creator))
    eventually(lambda: api.get(f"{BOOKS}?limit=1").json()["items"], [api.get(going[-1]).json()])
    following: str | None = f"{BOOKS}?limit=1"
    found: list[str] = []
    while following:
        page = api.get(following).json()
        found += [item["id"] for item in page["items"]]
        following = page["next"]
        if going:  # First the one behind which the next page begins.
            assert api.delete(going.pop(), headers=creator).status_code == 204
            added(api, creator)
    assert len(found) == len(set(found))
    assert found == sorted(found, reverse=True)
    assert {address.rpartition("/")[2] for address in staying} <= set(found)


def test_the_cursor_of_one_list_is_refused_by_another(api: httpx2.Client, creator: dict[str, str]) -> None:
    name = new_id()
    for _ in range(2):
        added(api, creator, tags=[name])
    eventually(lambda: len(everything(api, f"{BOOKS}?tag={name}")), 2)
    cursor = api.get(f"{BOOKS}?tag={name}&limit=1").json()["next"].partition("cursor=")[2]
    assert api.get(f"{BOOKS}?tag={name}&limit=1&cursor={cursor}").status_code == 200
    assert_problem(api.get(f"{BOOKS}?limit=1&cursor={cursor}"), 400, "invalid-cursor")
