"""Logging in through the packaged zips: passwords, tokens, and what becomes of failed attempts."""

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import jwt
import pytest
from argon2 import PasswordHasher

from local_aws.session import Session
from tests.e2e.people import PASSWORD, TABLE, TOKEN, Person, administrator, grant, log_in, new_email, register
from tests.support.problem import assert_problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ME = "/api/v1/users/me"
SECONDS = 30.0


@pytest.fixture
def person(api: httpx2.Client) -> Person:
    return register(api)


def until_slowed(ask: Callable[[], httpx2.Response], seconds: int) -> list[httpx2.Response]:
    """Ask until one has to wait that long, and return the answers to the attempts that counted."""
    refused: list[httpx2.Response] = []
    deadline = time.monotonic() + SECONDS
    while True:
        answer = ask()
        if answer.status_code != 429:
            refused.append(answer)
            continue
        assert_problem(answer, 429, "too-many-attempts")
        if int(answer.headers["retry-after"]) >= seconds:
            return refused
        assert time.monotonic() < deadline
        time.sleep(0.05)


def key(person: Person, kind: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"USER#{person.id}"}, "sk": {"S": kind}}


def test_a_token_says_who_for_15_minutes(api: httpx2.Client, person: Person) -> None:
    answer = api.post(TOKEN, data=person.form)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body | {"access_token": ""} == {"access_token": "", "token_type": "bearer", "expires_in": 900, "scope": ""}
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["scope"], claims["exp"] - claims["iat"]) == (str(person.id), "", 900)
    assert (claims["iss"], claims["aud"]) == ("bookshelf-dev", "bookshelf-dev-api")
    assert api.get(ME, headers={"authorization": f"Bearer {body['access_token']}"}).json()["id"] == person.id


def test_a_scope_counts_as_long_as_both_token_and_user_have_it(
    api: httpx2.Client, dynamodb: "DynamoDBClient", person: Person
) -> None:
    before = log_in(api, person)
    grant(dynamodb, person, "users:admin")
    after, narrowed = log_in(api, person), log_in(api, person, scope="books:admin")
    statuses = [api.get("/api/v1/users", headers=headers).status_code for headers in (before, after, narrowed)]
    assert statuses == [403, 200, 403]
    dynamodb.update_item(TableName=TABLE, Key=key(person, "USER"), UpdateExpression="REMOVE scopes")
    assert_problem(api.get("/api/v1/users", headers=after), 403, "forbidden")


def test_every_refusal_of_a_login_is_the_same(api: httpx2.Client, person: Person) -> None:
    asleep, without = register(api), register(api, password=None)
    assert api.delete(asleep.path, headers=log_in(api, asleep)).status_code == 204
    forms = [person.form | {"password": "wrong"}, person.form | {"username": new_email()}, asleep.form, without.form]
    answers = [api.post(TOKEN, data=form) for form in forms]
    bodies = [assert_problem(answer, 401, "invalid-credentials") | {"request_id": ""} for answer in answers]
    assert bodies == [bodies[0]] * len(forms)
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="bookshelf"'}


@pytest.mark.parametrize("known", [True, False], ids=["of a user", "of nobody"])
def test_wrong_passwords_for_an_address_slow_down_and_no_more(api: httpx2.Client, *, known: bool) -> None:
    person = register(api) if known else Person(0, new_email(), None)
    wrong = person.form | {"password": "wrong"}
    refused = until_slowed(lambda: api.post(TOKEN, data=wrong), 1)
    for answer in refused:
        assert_problem(answer, 401, "invalid-credentials")
    assert len(refused) >= 5
    deadline = time.monotonic() + SECONDS
    while (answer := api.post(TOKEN, data=person.form)).status_code == 429:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer.status_code == (200 if known else 401)


def test_guesses_that_arrive_at_once_are_bounded_too(api: httpx2.Client, person: Person) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: api.post(TOKEN, data=person.form | {"password": f"guess {n}"}), range(30)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {401, 429}
    # Five are free; the next ones are due after 1, 3, 7 ... seconds.
    assert 5 <= statuses.count(401) <= 5 + int(time.monotonic() - began + 1).bit_length()


def test_a_first_password_is_set_by_an_administrator_and_changed_by_its_user(
    api: httpx2.Client, dynamodb: "DynamoDBClient"
) -> None:
    person = register(api, password=None)
    path = f"{person.path}/password"
    assert_problem(api.post(TOKEN, data=person.form), 401, "invalid-credentials")
    admin = administrator(api, dynamodb)
    assert api.put(path, json={"password": PASSWORD}, headers=admin).status_code == 204
    own = log_in(api, person)
    changed = {"password": "another battery staple"}
    assert_problem(api.put(path, json=changed, headers=own), 422, "current-password-required")
    wrong = api.put(path, json=changed | {"current_password": "wrong"}, headers=own)
    assert_problem(wrong, 403, "current-password-wrong")
    assert_problem(api.put(path, json={"password": "short"}, headers=own), 422, "invalid-request")
    assert api.put(path, json=changed | {"current_password": PASSWORD}, headers=own).status_code == 204
    assert_problem(api.post(TOKEN, data=person.form), 401, "invalid-credentials")
    assert api.post(TOKEN, data=person.form | changed).status_code == 200


def test_guessing_a_present_password_slows_down_as_logging_in_does(api: httpx2.Client, person: Person) -> None:
    own = log_in(api, person)
    guess = {"password": "another battery staple", "current_password": "wrong"}
    refused = until_slowed(lambda: api.put(f"{person.path}/password", json=guess, headers=own), 8)
    assert {answer.status_code for answer in refused} == {403}
    assert len(refused) >= 5
    assert_problem(api.post(TOKEN, data=person.form), 429, "too-many-attempts")


def test_a_hash_of_other_parameters_is_made_anew_at_login(
    api: httpx2.Client, dynamodb: "DynamoDBClient", person: Person
) -> None:
    outdated = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    dynamodb.put_item(TableName=TABLE, Item={**key(person, "PASSWORD"), "hash": {"S": outdated}})
    log_in(api, person)
    item = dynamodb.get_item(TableName=TABLE, Key=key(person, "PASSWORD"), ConsistentRead=True)["Item"]
    assert item["hash"]["S"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    log_in(api, person)


def test_once_a_deactivation_is_answered_no_login_succeeds_whatever_was_under_way(
    api: httpx2.Client, person: Person
) -> None:
    own = log_in(api, person)
    with ThreadPoolExecutor(9) as pool:
        logins = [pool.submit(partial(api.post, TOKEN, data=person.form)) for _ in range(8)]
        assert pool.submit(partial(api.delete, person.path, headers=own)).result().status_code == 204
        late = api.post(TOKEN, data=person.form)
        answers = [login.result() for login in logins]
    assert late.status_code in (401, 429)
    assert {answer.status_code for answer in answers} <= {200, 401, 429}
    for answer in answers:
        if answer.status_code == 200:
            headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
            assert_problem(api.get(ME, headers=headers), 401, "account-inactive")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"grant_type": "client_credentials"}, 422, "invalid-request"),
        ({"username": "nobody"}, 422, "invalid-request"),
        ({"password": "x" * 257}, 422, "invalid-request"),
    ],
)
def test_a_wrong_form_is_refused(
    api: httpx2.Client, person: Person, form: dict[str, str], status: int, code: str
) -> None:
    assert_problem(api.post(TOKEN, data=person.form | form), status, code)


def segments(session: Session, trace_id: str) -> str:
    """All that the functions have said about a request, once its handler has said that it is done."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = httpx2.get(f"{session.admin_url}/traces/{trace_id}").json().get("segments", [])
        if {"## handler", "dynamodb"} <= {document["name"] for document in found}:
            return json.dumps(found)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_neither_addresses_nor_passwords_nor_tokens_reach_a_log_or_a_trace(
    api: httpx2.Client, session: Session, logs: Path
) -> None:
    secret = "a pass phrase that nobody else has"
    person = Person(0, new_email(), secret)
    traces = [f"1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}" for _ in range(4)]
    sampled = [{"x-amzn-trace-id": f"Root={trace};Sampled=1"} for trace in traces]
    new = {"email": person.email, "username": "reader", "password": secret}
    created = api.post("/api/v1/users", json=new, headers=sampled[0])
    assert created.status_code == 201
    given = api.post(TOKEN, data=person.form, headers=sampled[1])
    token = given.json()["access_token"]
    change = {"password": f"{secret}?", "current_password": secret}
    own = {"authorization": f"Bearer {token}"}
    path = f"/api/v1/users/{created.json()['id']}/password"
    assert api.put(path, json=change, headers=own | sampled[2]).status_code == 204
    refused = api.post(TOKEN, data=person.form, headers=sampled[3])
    assert refused.status_code == 401
    last = refused.headers["x-request-id"]
    deadline = time.monotonic() + SECONDS
    while last not in (written := "".join(log.read_text() for log in logs.glob("*.jsonl"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = written + "".join(segments(session, trace) for trace in traces)
    for private in (person.email, person.email.partition("@")[0], secret, token, token.rpartition(".")[2], "argon2id"):
        assert private not in told
