"""`Idempotency-Key` in requests: which ones are keys, and which bodies are the same."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import pytest
from fastapi import Depends, Response
from pydantic import BaseModel, Field, Secret, SecretStr
from starlette.testclient import TestClient

from common.http.application import create_app
from common.http.idempotency import IdempotencyKey, canonical
from common.http.openapi import sets
from common.http.preconditions import tag
from common.http.router import Router
from common.telemetry.operations import operation
from tests.support.problem import assert_problem
from tests.support.records import Records

if TYPE_CHECKING:
    from common.idempotency import Record

NOW = datetime(2026, 11, 21, 12, 0, 0, 999_999, tzinfo=UTC)
KEY = "6f0c7d3e-94b1-4d0e"
LONGEST = "k" * 255


class Thing(BaseModel):
    """A thing to create."""

    name: str
    tags: set[str] = set()
    colour: str | None = None


class ThingOut(BaseModel):
    """A created thing."""

    thing_name: Annotated[str, Field(alias="thingName")]


class Shop:
    """Things and records in memory."""

    def __init__(self) -> None:
        self.things: list[str] = []
        self.records = Records()
        self.last: Record | None = None

    @operation("things.add")
    def add(self, name: str, record: Any) -> str:
        """Store a thing."""
        self.last = record(name)
        self.records.check(self.last)
        self.records.keep(self.last)
        self.things.append(name)
        return name


shop = Shop()
router = Router()


async def caller() -> str | None:
    """Return the caller."""
    return None


@sets("ETag")
def _created(response: Response, name: str) -> ThingOut:
    response.headers["Location"] = f"/things/{len(name)}"
    tag(response, 1)
    return ThingOut.model_validate({"thingName": name})


@router.post("/things", status_code=201)
async def create(
    body: Thing, who: Annotated[str | None, Depends(caller)], key: IdempotencyKey, to: Response
) -> ThingOut:
    """Create a thing."""
    return _created(to, shop.add(body.name, key.recording(who, body, NOW, _created)))


@router.post("/others", status_code=201)
async def create_other(body: Thing, key: IdempotencyKey, to: Response) -> ThingOut:
    """Create another kind of thing."""
    return _created(to, shop.add(body.name, key.recording(None, body, NOW, _created)))


app = create_app("things", description="Things.", routers=[router])


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    shop.__init__()  # type: ignore[misc]
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()


def post(api: TestClient, *keys: str, path: str = "/things", **body: Any) -> Any:
    headers = [("Idempotency-Key", key) for key in keys]
    return api.post(path, json={"name": "Zoë"} | body, headers=headers)


def test_replay_is_the_first_response(api: TestClient) -> None:
    first, again = post(api, f'"{KEY}"'), post(api, f'"{KEY}"')
    assert (first.status_code, first.text) == (again.status_code, again.text) == (201, '{"thingName":"Zoë"}')
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    kept = {name: value for name, value in again.headers.items() if name not in {"idempotent-replayed", "x-request-id"}}
    assert kept == {name: value for name, value in first.headers.items() if name != "x-request-id"}
    assert (kept["location"], kept["etag"]) == ("/things/3", '"1"')
    assert shop.things == ["Zoë"]


def test_request_without_a_key_leaves_no_record(api: TestClient) -> None:
    assert [post(api).status_code, post(api).status_code] == [201, 201]
    assert shop.last is None
    assert len(shop.things) == 2


def test_key_is_the_same_in_quotes_and_without(api: TestClient) -> None:
    assert post(api, f'"{KEY}"').status_code == 201
    assert "idempotent-replayed" in post(api, KEY).headers


@pytest.mark.parametrize("key", [LONGEST, f'"{LONGEST}"', "!#$%&'()*+-./0:<=>?@A[]^_`a{|}~", '"' + r"\"" * 255 + '"'])
def test_visible_ascii_is_a_key(api: TestClient, key: str) -> None:
    assert post(api, key).status_code == 201


MALFORMED = [
    "",
    '""',
    KEY[:15],
    f'"{KEY[:15]}"',
    f"{LONGEST}k",
    f'"{LONGEST}k"',
    f'"{KEY}',
    f'{KEY}"',
    f'"{KEY}" ;a=1',
    f'"{KEY}";a=1',
    f'"{KEY}","{KEY}"',
    f"{KEY}, {KEY}",
    f"{KEY} {KEY}",
    f'"{KEY} {KEY}"',
    f'"{KEY}\\"',
    f'"{KEY}\\a"',
    f'"{KEY}"{KEY}"',
    f"{KEY}\\\\",
    f'"{KEY}\xe4"',
    f":{KEY}:\xff",
]


@pytest.mark.parametrize("key", MALFORMED)
def test_other_texts_are_rejected(api: TestClient, key: str) -> None:
    response = api.post("/things", json={"name": "Zoë"}, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    problem = assert_problem(response, 400, "invalid-idempotency-key")
    assert "UUID in quotes" in problem["detail"]
    assert not key or key not in problem["detail"]
    assert shop.things == []


def test_several_headers_are_rejected(api: TestClient) -> None:
    assert_problem(post(api, KEY, KEY), 400, "invalid-idempotency-key")


def test_same_key_on_another_route_is_another_key(api: TestClient) -> None:
    post(api, KEY)
    assert "idempotent-replayed" not in post(api, KEY, path="/others").headers
    assert shop.things == ["Zoë", "Zoë"]


def test_caller_and_anonymous_have_keys_of_their_own(api: TestClient) -> None:
    for subject in (None, "null", "1", "2"):

        async def calling(subject: str | None = subject) -> str | None:
            return subject

        app.dependency_overrides[caller] = calling
        assert "idempotent-replayed" not in post(api, KEY).headers
        assert "idempotent-replayed" in post(api, KEY).headers


@pytest.mark.parametrize("body", [{"name": "Zoé"}, {"tags": ["a"]}, {"colour": ""}])
def test_another_body_is_rejected_and_names_no_location(api: TestClient, body: dict[str, Any]) -> None:
    post(api, KEY)
    response = post(api, KEY, **body)
    assert "send a new key" in assert_problem(response, 422, "idempotency-key-reused")["detail"]
    assert "location" not in response.headers


@pytest.mark.parametrize("body", [{"colour": None}, {"tags": []}, {"colour": None, "tags": []}])
def test_default_values_may_be_left_out(api: TestClient, body: dict[str, Any]) -> None:
    post(api, KEY)
    assert "idempotent-replayed" in post(api, KEY, **body).headers


def test_record_has_neither_the_key_nor_a_hash_of_the_body(api: TestClient) -> None:
    post(api, KEY)
    assert shop.last is not None
    first = shop.last
    assert KEY not in str(first)
    assert (first.made_at, first.expires_at) == (1_795_262_400, 1_795_262_400 + 86_400)
    post(api, f"{KEY}-2")
    assert shop.last.fingerprint != first.fingerprint


class Nested(BaseModel):
    password: SecretStr


class Everything(BaseModel):
    """A body with values that JSON does not have."""

    when: datetime = NOW
    day: date = date(2026, 1, 2)
    number: float = 0.5
    id: UUID = UUID(int=7)
    several: frozenset[str] = frozenset()
    nested: Nested | None = None
    own: Secret[str] | None = None
    by_name: dict[str, int] = {}


def text(**fields: object) -> str:
    return canonical(Everything.model_validate(fields))


SPELT = [
    ({"when": "2027-01-01T00:00:00Z"}, {"when": "2027-01-01T00:00:00.000+00:00"}),
    ({"number": 1}, {"number": 1.0}),
    ({"several": ["a", "b", "c", "d"]}, {"several": ["d", "c", "b", "a", "a"]}),
    ({"by_name": {"a": 1, "b": 2}}, {"by_name": {"b": 2, "a": 1}}),
    ({"day": "2027-01-02", "number": 2}, {"number": 2, "day": "2027-01-02"}),
    ({}, {"number": 0.5}),
]


@pytest.mark.parametrize(("one", "same"), SPELT)
def test_equal_values_are_the_same_body(one: dict[str, object], same: dict[str, object]) -> None:
    assert text(**one) == text(**same)


OTHERS: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"nested": {"password": "a"}}, {"nested": {"password": "b"}}),
    ({"own": "a"}, {"own": "b"}),
    ({"own": "a"}, {}),
    ({"several": ["a"]}, {"several": ["b"]}),
    ({"id": UUID(int=1)}, {"id": UUID(int=2)}),
]


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_different_values_are_another_body(one: dict[str, object], other: dict[str, object]) -> None:
    assert text(**one) != text(**other)
