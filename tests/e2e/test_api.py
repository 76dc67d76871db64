"""The API, through the packaged zips, as a client sees it, whatever API Gateway makes of a slash at a path's end."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx2
import pytest

from local_aws.apigateway.routing import TrailingSlash
from local_aws.session import Session
from tests.e2e.second_plane import second_plane
from tests.e2e.shelf import new_book, new_id
from tests.e2e.signing import Signer
from tests.support.problem import assert_problem


@pytest.fixture(scope="module", params=TrailingSlash, ids=str)
def api(
    request: pytest.FixtureRequest, session: Session, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    with ExitStack() as stack:
        url = session.url
        if request.param is TrailingSlash.IGNORED:
            work = tmp_path_factory.mktemp("second")
            url = stack.enter_context(second_plane(session.control_plane, work, TrailingSlash.IGNORED)).url
        yield stack.enter_context(httpx2.Client(base_url=url, timeout=30))


def new_user() -> dict[str, str]:
    return {"email": f"{uuid.uuid4()}@example.com", "username": "senior-engineer"}


def test_the_root_says_that_it_works_and_where_the_services_are(api: httpx2.Client) -> None:
    assert api.get("/").json() == {
        "message": "FastAPI is running on AWS Lambda!",
        "services": {"books": "/api/v1/books", "users": "/api/v1/users"},
    }


def test_the_demo_users_are_there(api: httpx2.Client) -> None:
    assert api.get("/users/1").json() == {"id": 1, "email": "cto@example.com", "username": "chief-tech"}
    assert api.get("/api/v1/users/2").json() == {"id": 2, "email": "dev@example.com", "username": "lead-dev"}


@pytest.mark.parametrize("path", ["/users/", "/users", "/api/v1/users"])
def test_a_user_is_created_once_and_read_back(api: httpx2.Client, path: str) -> None:
    user = new_user()
    created = api.post(path, json=user)
    assert created.status_code == 201
    body = created.json()
    assert body == {"id": body["id"], **user}
    assert isinstance(body["id"], int)
    for address in (created.headers["location"], f"/users/{body['id']}", f"/users/{body['id']}/"):
        assert api.get(address).json() == body
    again = api.post(path, json=user | {"email": user["email"].upper()})
    assert_problem(again, 409, "email-taken")


def test_of_fifty_users_with_one_address_arriving_at_once_exactly_one_is_created(api: httpx2.Client) -> None:
    user = new_user()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: api.post("/users/", json=user), range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49


def test_a_book_is_created_once_and_read_back(api: httpx2.Client, session: Session) -> None:
    headers = Signer(session).bearer(new_id())
    book = new_book(tags=["science fiction"])
    created = api.post("/api/v1/books", json=book, headers=headers)
    assert created.status_code == 201
    body = created.json()
    assert body == {**book, "id": body["id"], "published_year": None}
    assert api.get(created.headers["location"]).json() == body
    assert_problem(api.post("/api/v1/books", json=book, headers=headers), 409, "isbn-taken")


def test_books_answer_only_without_a_slash_at_the_end(api: httpx2.Client) -> None:
    assert_problem(api.get("/api/v1/books/"), 404, None)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/users/77", 404, "user-not-found"),
        ("GET", "/api/v1/books/019b76da-a800-7000-8000-00000000ffff", 404, "book-not-found"),
        ("GET", "/nowhere", 404, None),
        ("GET", "/api/v1/books/a/b", 404, None),
        ("GET", "/api/v2/users", 404, None),
        ("GET", "/users/abc", 422, "invalid-request"),
        ("DELETE", "/api/v1/books", 405, None),
        ("POST", "/api/v1/users", 422, "invalid-request"),
    ],
)
def test_every_refusal_is_a_problem(api: httpx2.Client, method: str, path: str, status: int, code: str | None) -> None:
    assert_problem(api.request(method, path), status, code)


def test_a_form_is_refused_as_an_unsupported_media_type(api: httpx2.Client) -> None:
    answer = api.post("/users/", content="email=x", headers={"content-type": "application/x-www-form-urlencoded"})
    assert_problem(answer, 415, "unsupported-media-type")


def test_an_answer_carries_the_gateways_request_id(api: httpx2.Client) -> None:
    answer = api.get("/users/1")
    assert answer.headers["x-request-id"] == answer.headers["apigw-requestid"]


@pytest.mark.parametrize("service", ["books", "users"])
def test_each_service_names_the_version_that_packaging_gave_it(api: httpx2.Client, service: str) -> None:
    health = api.get(f"/api/v1/{service}/health").json()
    assert (health["status"], health["service"]) == ("ok", service)
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", health["version"])


def test_the_documentation_comes_whole_from_the_layer(api: httpx2.Client) -> None:
    page = api.get("/docs").text
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page + api.get("/redoc").text):
        assert len(api.get(path).content) > 100_000, path
    for address in api.get("/openapi.json").json().values():
        assert address in page
        assert api.get(address).json()["openapi"].startswith("3.")


@pytest.mark.parametrize("service", ["books", "users"])
def test_every_described_operation_answers_at_its_own_service(api: httpx2.Client, service: str) -> None:
    document = api.get(f"/api/v1/{service}/openapi.json").json()
    assert document["info"]["title"] == f"Bookshelf {service}"
    assert all(path.startswith(f"/api/v1/{service}") for path in document["paths"])
