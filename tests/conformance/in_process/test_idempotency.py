"""Every POST that creates takes an `Idempotency-Key`, and has an effect once for each (docs/decisions/0048)."""

import base64
import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest
from starlette.testclient import TestClient

from common.aws_calls import ATTEMPTS
from common.dynamodb.writes import WRITE_ID
from common.idempotency import LIFETIME
from common.runtime import runtime_of
from contract.documents import documents
from monorepo.services import ROOT
from tests.conformance.found import DESCRIBED, ROWS, Row
from tests.conformance.in_process.service_under_test import Exchange, ServiceUnderTest, serving
from tests.support.lost_responses import LostResponses
from tests.support.problem import assert_problem
from tests.support.profile import ANONYMOUS, IDEMPOTENCY_KEY, OTHER, OWNER, Sent
from tests.support.racing import race
from tests.support.tables import client_of, key_schema, make_table
from tests.support.tokens import accepting_tokens, bearer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CREATES: Final = [
    row for row in ROWS if row.operation.method == "POST" and row.operation.cases[0].status == HTTPStatus.CREATED
]
every_create = pytest.mark.parametrize("row", CREATES, ids=str)
type Items = list[dict[str, Any]]
HEADERS: Final = ("location", "etag", "content-type")
AT_ONCE: Final = 6


@dataclass(frozen=True)
class Sending:
    """Requests to an operation, in this order, each with the items that were stored after it.

    Attributes:
        first: With the key.
        again: The same.
        spelt: The same, but for spaces, escapes and the order of fields, and with the key in quotes.
        other: Another body.
        other_secret: Another value of a secret field; None: the body has none.
        other_caller: The same of another caller, when only the record is left of the first; None: anyone may send it.
        late: The same when only the record is left of the first, and is over.
        items: The items after each of them.
    """

    first: Exchange
    again: Exchange
    spelt: Exchange
    other: Exchange
    other_secret: Exchange | None
    other_caller: Exchange | None
    late: Exchange
    items: Mapping[str, Items]


@pytest.fixture(scope="session")
def remembered_sendings() -> dict[str, Sending]:
    return {}


@pytest.fixture
def sending(row: Row, function_environment: Mapping[str, str], remembered_sendings: dict[str, Sending]) -> Sending:
    if str(row) not in remembered_sendings:
        with serving(row.service, function_environment, row.operation.environment) as under_test:
            remembered_sendings[str(row)] = _sending(under_test, row)
    return remembered_sendings[str(row)]


def _sending(under_test: ServiceUnderTest, row: Row) -> Sending:
    operation, secrets, before = row.operation, secrets_of(row), under_test.profile.before
    caller = ANONYMOUS if operation.access.public else OWNER
    client, table_name = under_test.table._client, under_test.table._name
    items = {}

    def send(name: str, sent: Sent, role: str = caller, key: str = IDEMPOTENCY_KEY) -> Exchange:
        headers = under_test.headers(role) | {"Idempotency-Key": key}
        exchange = under_test.send(operation.method, operation.path, sent, headers)
        items[name] = items_of(client, table_name)
        return exchange

    def keep_record(age: int) -> None:
        [record] = records_of(client, table_name)
        under_test.store(before)
        client.put_item(
            TableName=table_name, Item=record | {"expires_at": {"N": str(int(record["expires_at"]["N"]) - age)}}
        )

    under_test.store(before)

    body = operation.send(0)["json"] | secrets
    spelt = json.dumps(dict(reversed(body.items())), ensure_ascii=True, indent=2)
    first, again = send("first", {"json": body}), send("again", {"json": body})
    as_text = {"text": spelt, "headers": {"content-type": "application/json"}}
    spelt_again = send("spelt", as_text, key=f'"{IDEMPOTENCY_KEY}"')
    other = send("other", {"json": operation.send(1)["json"] | secrets})
    changed = {name: f"{secret}, another one" for name, secret in secrets.items()}
    other_secret = send("other_secret", {"json": body | changed}) if secrets else None
    keep_record(LIFETIME)
    late = send("late", {"json": body})
    keep_record(0)
    other_caller = None if operation.access.public else send("other_caller", {"json": body}, OTHER)
    return Sending(first, again, spelt_again, other, other_secret, other_caller, late, items)


def secrets_of(row: Row) -> dict[str, str]:
    """Return the secret fields of a request's body by name, with the values of the documented examples."""
    method, path = row.operation.key
    document = importlib.import_module(f"{row.service}.app").app.openapi()
    schemas = document["components"]["schemas"]
    content = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    schema = schemas[content["$ref"].rpartition("/")[2]]
    return {
        name: next(example[name] for example in schema["examples"] if name in example)
        for name, described in schema["properties"].items()
        if is_secret(described, schemas)
    }


def is_secret(schema: Any, schemas: Mapping[str, Any]) -> bool:
    """Return whether a value of this schema is a password, also if it is that of another schema or may be null."""
    if isinstance(schema, list):
        return any(is_secret(each, schemas) for each in schema)
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        return is_secret(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    return schema.get("format") == "password" or is_secret(schema.get("anyOf"), schemas)


def items_of(client: "DynamoDBClient", table_name: str) -> Items:
    """Return all items of a table."""
    items: Items = client.scan(TableName=table_name)["Items"]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def records_of(client: "DynamoDBClient", table_name: str) -> Items:
    """Return the records of requests in a table."""
    return [item for item in items_of(client, table_name) if "fingerprint" in item]


def replayed(exchange: Exchange) -> bool:
    """Return whether the response is that of an earlier request."""
    return exchange.response.headers.get("idempotent-replayed") == "true"


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_post_that_creates_declares_the_header_and_its_response(service: str) -> None:
    for document in (documents(ROOT)[service], documents(ROOT, with_issuer=True)[service]):
        for path, item in document["paths"].items():
            success = item.get("post", {}).get("responses", {}).get("201")
            if success is None:
                continue
            names = {(parameter["in"], parameter["name"]) for parameter in item["post"].get("parameters", ())}
            take = f"{service}: let POST {path} take common.http.idempotency.IdempotencyKey"
            assert ("header", "idempotency-key") in names, take
            assert "Idempotent-Replayed" in success["headers"]


def test_posts_that_create_are_found() -> None:
    assert CREATES


@every_create
def test_table_of_records_lets_them_expire(row: Row) -> None:
    assert key_schema(row.service)["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@every_create
def test_same_request_again_has_the_first_response_and_no_effect(row: Row, sending: Sending) -> None:
    assert sending.first.response.status_code == HTTPStatus.CREATED, sending.first.response.body
    assert not replayed(sending.first)
    for name, exchange in {"again": sending.again, "spelt": sending.spelt}.items():
        assert replayed(exchange), f"{row}: {exchange.response}"
        first, found = sending.first.response, exchange.response
        assert (found.status_code, found.body) == (first.status_code, first.body)
        for header in HEADERS:
            assert found.headers.get(header) == first.headers.get(header), header
        assert sending.items[name] == sending.items["first"]
        assert exchange.counted() == {"IdempotentReplays": 1}


@every_create
def test_response_with_a_key_is_the_one_without(row: Row, function_environment: Mapping[str, str]) -> None:
    with serving(row.service, function_environment, row.operation.environment) as under_test:
        case = row.operation.cases[0]
        headers = {**row.operation.send(0).get("headers", {}), "Idempotency-Key": IDEMPOTENCY_KEY}
        plain = under_test.play(row.operation, case)
        keyed = under_test.play(row.operation, replace(case, sent={**row.operation.send(0), "headers": headers}))
        again = under_test.play(row.operation, case)
    assert plain.response.body == keyed.response.body == again.response.body
    assert keyed.response.headers.keys() == plain.response.headers.keys()


@every_create
def test_other_body_with_the_same_key_is_rejected(row: Row, sending: Sending) -> None:
    assert_problem(sending.other.response, HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused")
    assert "location" not in sending.other.response.headers
    # The record counts it, and nothing else has changed.
    counted = [item for item in sending.items["other"] if item not in sending.items["first"]]
    assert [item["mismatches"] for item in counted] == [{"N": "1"}]
    first, other = (
        [{name: item[name] for name in item.keys() - {"mismatches", WRITE_ID}} for item in sending.items[request]]
        for request in ("first", "other")
    )
    assert other == first
    assert sending.other.counted() == {}
    if secrets_of(row):
        assert sending.other_secret is not None
        assert_problem(sending.other_secret.response, HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused")


@every_create
def test_key_is_the_callers_own(row: Row, sending: Sending) -> None:
    if row.operation.access.public:
        assert sending.other_caller is None
        return
    assert sending.other_caller is not None
    assert not replayed(sending.other_caller)
    assert sending.other_caller.response.status_code == HTTPStatus.CREATED, sending.other_caller.response.body


@every_create
def test_key_of_a_record_that_is_over_is_new(row: Row, sending: Sending) -> None:
    assert not replayed(sending.late), row
    assert sending.late.response.status_code == HTTPStatus.CREATED, sending.late.response.body


@every_create
def test_neither_key_nor_secret_nor_its_hash_is_stored(row: Row, function_environment: Mapping[str, str]) -> None:
    secrets = secrets_of(row)
    with serving(row.service, function_environment, row.operation.environment) as under_test:
        under_test.store(under_test.profile.before)
        caller = under_test.headers(ANONYMOUS if row.operation.access.public else OWNER)
        sent = {"json": row.operation.send(0)["json"] | secrets}
        headers = caller | {"Idempotency-Key": IDEMPOTENCY_KEY}
        exchange = under_test.send(row.operation.method, row.operation.path, sent, headers)
        assert exchange.response.status_code == HTTPStatus.CREATED, exchange.response.body
        client, table_name = under_test.table._client, under_test.table._name
        stored = json.dumps(items_of(client, table_name)) + exchange.written
        [record] = records_of(client, table_name)
    for text in (IDEMPOTENCY_KEY, *secrets.values()):
        digest = hashlib.sha256(text.encode())
        for form in (text, digest.hexdigest(), base64.b64encode(digest.digest()).decode()):
            assert form not in stored
    # Whoever reads the table could try passwords against a hash of what it knows.
    for known in (sent["json"], dict(sorted(sent["json"].items()))):
        for separators in ((",", ":"), (", ", ": ")):
            text = json.dumps(known, separators=separators)
            assert record["fingerprint"]["S"] != hashlib.sha256(text.encode()).hexdigest()


@every_create
@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "look before you send it again. With an Idempotency-Key"),
        ({"Idempotency-Key": IDEMPOTENCY_KEY}, "send it again with the same Idempotency-Key"),
    ],
    ids=["without a key", "with a key"],
)
def test_lost_response_says_so_and_what_to_do(
    row: Row, headers: dict[str, str], told: str, function_environment: Mapping[str, str]
) -> None:
    operation = row.operation
    with serving(row.service, function_environment, row.operation.environment) as under_test:
        client, table_name = under_test.table._client, under_test.table._name
        lost = LostResponses(runtime_of(importlib.import_module(f"{row.service}.app").app).dynamodb)
        headers = headers | under_test.headers(ANONYMOUS if operation.access.public else OWNER)

        def send() -> Exchange:
            return under_test.send(operation.method, operation.path, operation.send(0), headers)

        under_test.store(under_test.profile.before)
        write = len(send().calls)
        once = items_of(client, table_name)
        under_test.store(under_test.profile.before)
        with lost.losing(*range(write, write + ATTEMPTS)):
            unknown = send()
        assert "unknown whether" in assert_problem(unknown.response, 503, "database-unavailable")["detail"]
        assert told in unknown.response.json()["detail"]
        assert ("retry-after" in unknown.response.headers) is ("Idempotency-Key" in headers)
        if headers.get("Idempotency-Key"):
            again = send()
            assert again.response.status_code == HTTPStatus.CREATED, again.response.body
            assert replayed(again)
        assert [item["pk"] for item in items_of(client, table_name)] == [item["pk"] for item in once]


@contextmanager
def on_an_engine(
    service: str, function_environment: Mapping[str, str]
) -> Iterator[tuple[TestClient, "DynamoDBClient", str]]:
    """Yield a client of the service's application, on a table that many threads can use, and that table."""
    assert function_environment
    with serving(service, function_environment, {}):
        app = importlib.import_module(f"{service}.app").app
        overrides = app.dependency_overrides
        # Requests at once must not have the profile's fixed clock and ids.
        app.dependency_overrides = {}
        client = client_of("moto")
        name = make_table(client, service)
        runtime = runtime_of(app)
        environment = {**runtime.environment, "TABLE_NAME": name}
        connect = importlib.import_module(f"{service}.dependencies").connect
        adapters, app.state.adapters = (
            app.state.adapters,
            connect(replace(runtime, dynamodb=client, environment=environment)),
        )
        try:
            with accepting_tokens(app):
                yield TestClient(app), client, name
        finally:
            app.state.adapters, app.dependency_overrides = adapters, overrides


@every_create
def test_of_requests_at_once_one_creates_and_the_others_have_its_response(
    row: Row, function_environment: Mapping[str, str]
) -> None:
    with on_an_engine(row.service, function_environment) as (api, client, table_name):

        def send(number: int, key: str) -> httpx2.Response:
            caller = {} if row.operation.access.public else bearer("7")
            sent = row.operation.send(number)
            return api.post(row.operation.path, json=sent["json"], headers={**caller, "Idempotency-Key": key})

        ended = race(*[partial(send, 0, IDEMPOTENCY_KEY)] * AT_ONCE)
        stored = items_of(client, table_name)
        alone = send(1, IDEMPOTENCY_KEY[::-1])
        both = items_of(client, table_name)
    responses = [response for response in ended if isinstance(response, httpx2.Response)]
    assert alone.status_code == HTTPStatus.CREATED, alone.text
    assert [response.status_code for response in responses] == [HTTPStatus.CREATED] * AT_ONCE, ended
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
    assert len({(response.text, response.headers["location"]) for response in responses}) == 1
    assert len(both) == 2 * len(stored)
