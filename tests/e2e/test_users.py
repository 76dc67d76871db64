"""Users through the packaged zips: every route, by everyone who may and who may not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.command import Up
from tests.e2e.people import (
    TABLE,
    TOKEN,
    Person,
    administrator,
    grant,
    log_in,
    new_email,
    register,
)
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client
from tests.support.problem import assert_problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW_PASSWORD = {"password": "another battery staple"}
ME = "/api/v1/users/me"
BOOK = {"title": "Dune", "author": "Frank Herbert", "isbn": "9781402894626"}
# Each operation that needs an account; {path} is somebody else's.
OPERATIONS = [
    ("GET", "/api/v1/users", None),
    ("PATCH", "{path}", {"username": "changed"}),
    ("DELETE", "{path}", None),
    ("PUT", "{path}/password", NEW_PASSWORD),
    ("POST", "{path}/erasure", None),
]


@pytest.fixture(scope="module")
def admin(api: httpx2.Client, dynamodb: "DynamoDBClient") -> dict[str, str]:
    return administrator(api, dynamodb)


@pytest.fixture
def person(api: httpx2.Client) -> Person:
    return register(api)


@pytest.fixture
def own(api: httpx2.Client, person: Person) -> dict[str, str]:
    return log_in(api, person)


@pytest.mark.parametrize(("method", "path", "body"), [*OPERATIONS, ("GET", ME, None)])
def test_nobody_does_anything_without_a_token(
    api: httpx2.Client, person: Person, method: str, path: str, body: object
) -> None:
    answer = api.request(method, path.format(path=person.path), json=body)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="bookshelf"'
    refused = api.request(method, path.format(path=person.path), json=body, headers={"authorization": "Bearer x"})
    assert_problem(refused, 401, "invalid-token")


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_user_leaves_others_alone(
    api: httpx2.Client, own: dict[str, str], method: str, path: str, body: object
) -> None:
    answer = api.request(method, path.format(path=register(api).path), json=body, headers=own)
    assert_problem(answer, 403, "forbidden")
    assert 'scope="users:admin"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_an_administrator_may_do_it_to_others(
    api: httpx2.Client, admin: dict[str, str], person: Person, method: str, path: str, body: object
) -> None:
    answer = api.request(method, path.format(path=person.path), json=body, headers=admin)
    assert answer.is_success, answer.text


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS[1:])
def test_an_administrator_learns_that_there_is_no_such_user(
    api: httpx2.Client, admin: dict[str, str], method: str, path: str, body: object
) -> None:
    answer = api.request(method, path.format(path="/api/v1/users/77"), json=body, headers=admin)
    assert_problem(answer, 404, "user-not-found")


def test_a_user_sees_itself(api: httpx2.Client, person: Person, own: dict[str, str]) -> None:
    assert api.get(ME, headers=own).json() == {
        "id": person.id,
        "email": person.email,
        "username": "reader",
        "is_active": True,
        "scopes": [],
    }


def test_a_user_changes_its_name_in_the_version_that_it_knows(
    api: httpx2.Client, person: Person, own: dict[str, str]
) -> None:
    version = api.get(person.path).headers["etag"]
    changed = api.patch(person.path, json={"username": "first"}, headers=own | {"if-match": version})
    assert (changed.status_code, changed.json()["username"]) == (200, "first")
    again = api.patch(person.path, json={"username": "second"}, headers=own | {"if-match": version})
    assert_problem(again, 412, "version-mismatch")
    malformed = api.patch(person.path, json={"username": "second"}, headers=own | {"if-match": "1"})
    assert_problem(malformed, 400, "invalid-if-match")
    assert_problem(api.patch(person.path, json={}, headers=own), 422, "invalid-request")
    assert api.get(person.path).json()["username"] == "first"


def test_an_address_moves_with_its_uniqueness(api: httpx2.Client, person: Person, own: dict[str, str]) -> None:
    moved = new_email()
    assert api.patch(person.path, json={"email": moved}, headers=own).json()["email"] == moved
    newcomer = api.post("/api/v1/users", json={"email": person.email, "username": "newcomer"})
    assert newcomer.status_code == 201
    taken = api.patch(person.path, json={"email": person.email.upper()}, headers=own)
    assert_problem(taken, 409, "email-taken")
    assert_problem(api.post(TOKEN, data=person.form), 401, "invalid-credentials")
    assert api.post(TOKEN, data=person.form | {"username": moved}).status_code == 200


def test_of_many_users_that_take_one_address_at_once_exactly_one_gets_it(
    api: httpx2.Client, admin: dict[str, str]
) -> None:
    people = [register(api, password=None) for _ in range(20)]
    change = {"email": new_email()}
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda one: api.patch(one.path, json=change, headers=admin), people))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert [api.get(one.path).json()["email"] == change["email"] for one in people].count(True) == 1


def listed(api: httpx2.Client, headers: dict[str, str], limit: int) -> list[int]:
    ids, address = [], f"/api/v1/users?limit={limit}"
    while address:
        answer = api.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= limit
        ids += [item["id"] for item in answer.json()["items"]]
        address = answer.json()["next"]
        assert answer.headers.get("link") == (f'<{address}>; rel="next"' if address else None)
    return ids


def test_users_are_listed_newest_first_and_each_once(api: httpx2.Client, admin: dict[str, str]) -> None:
    people = [register(api, password=None).id for _ in range(5)]
    eventually(lambda: set(people) - set(listed(api, admin, 100)), set())
    for limit in (2, 100):
        ids = listed(api, admin, limit)
        assert ids == sorted(set(ids), reverse=True)
        assert set(people) <= set(ids)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("limit=0", 422, "invalid-request"), ("limit=101", 422, "invalid-request"), ("cursor=x", 400, "invalid-cursor")],
)
def test_a_wrong_page_is_refused(api: httpx2.Client, admin: dict[str, str], query: str, status: int, code: str) -> None:
    assert_problem(api.get(f"/api/v1/users?{query}", headers=admin), status, code)


def test_a_deactivated_user_is_refused_at_once_and_gets_no_new_token(
    api: httpx2.Client, person: Person, own: dict[str, str], admin: dict[str, str]
) -> None:
    assert api.delete(person.path, headers=own).status_code == 204
    assert_problem(api.get(ME, headers=own), 401, "account-inactive")
    assert_problem(api.patch(person.path, json={"username": "x"}, headers=own), 401, "account-inactive")
    assert_problem(api.post(TOKEN, data=person.form), 401, "invalid-credentials")
    assert api.delete(person.path, headers=admin).status_code == 204
    again = api.post("/api/v1/users", json={"email": person.email, "username": "x"})
    assert_problem(again, 409, "email-taken")
    # Another service believes the token until it expires.
    book = api.post("/api/v1/books", json=BOOK, headers=own)
    assert book.status_code == 201, book.text


def test_of_an_erased_user_only_the_id_stays(
    api: httpx2.Client, dynamodb: "DynamoDBClient", person: Person, own: dict[str, str], admin: dict[str, str]
) -> None:
    assert_problem(api.post(TOKEN, data=person.form | {"password": "wrong"}), 401, "invalid-credentials")
    for _ in range(2):
        assert api.post(f"{person.path}/erasure", headers=admin).status_code == 204
    assert_problem(api.get(person.path), 404, "user-not-found")
    assert_problem(api.get(f"/users/{person.id}"), 404, "user-not-found")
    assert_problem(api.get(ME, headers=own), 401, "account-inactive")
    assert_problem(api.post(TOKEN, data=person.form), 401, "invalid-credentials")
    assert_problem(api.delete(person.path, headers=admin), 404, "user-not-found")
    assert_problem(api.put(f"{person.path}/password", json=NEW_PASSWORD, headers=admin), 404, "user-not-found")
    eventually(lambda: {person.id} & set(listed(api, admin, 100)), set())
    pages = dynamodb.get_paginator("scan").paginate(TableName=TABLE)
    items = [item for page in pages for item in page["Items"]]
    assert not [item for item in items if person.email in str(item)]
    [left] = [item for item in items if item["pk"] == {"S": f"USER#{person.id}"}]
    assert set(left) == {"pk", "sk", "id", "is_active", "created_at", "version", "erased_at"}
    again = api.post("/api/v1/users", json={"email": person.email, "username": "back"})
    assert again.status_code == 201


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A deployment in which reading users is not open to everyone."""
    with Up(tmp_path_factory.mktemp("closed"), "--var", 'settings={users={PUBLIC_USER_READ="false"}}') as running:
        running.wait_for("Serving on")
        yield Session.read(running.work)


def test_where_reading_is_closed_a_user_is_read_by_itself_and_by_administrators(closed: Session) -> None:
    with httpx2.Client(base_url=closed.url, timeout=30) as api, aws_client("dynamodb", closed.control_plane) as table:
        person, other = register(api), register(api)
        grant(table, other, "users:admin")
        own, without = log_in(api, person), log_in(api, other, scope="none")
        for path in (person.path, f"/users/{person.id}", f"/users/{person.id}/"):
            assert_problem(api.get(path), 401, "unauthenticated")
            assert_problem(api.get(path, headers=without), 403, "forbidden")
            for headers in (own, log_in(api, other)):
                assert api.get(path, headers=headers).json()["email"] == person.email
        assert api.delete(person.path, headers=own).status_code == 204
        assert_problem(api.get(person.path, headers=own), 401, "account-inactive")
