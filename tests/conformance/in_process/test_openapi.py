"""What the OpenAPI document of every service says, held to the rows and to the responses."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.http.body import JSON
from common.http.openapi import PROBLEM
from common.http.openapi_schemas import GATEWAY_MESSAGE
from common.http.problems import MEDIA_TYPE
from common.product import PRODUCT
from tests.conformance.found import CASES, DESCRIBED, ROWS, CaseOfService, profile
from tests.conformance.in_process.conftest import Exchanges
from tests.support.profile import PUBLIC, Operation

type Documented = dict[str, Any]

GATEWAY_STATUSES = ("413", "429", "431", "500", "503")

OPERATIONS = list(dict.fromkeys((service, operation.key) for service, operation in ROWS))
every_operation = pytest.mark.parametrize(
    ("service", "key"), OPERATIONS, ids=[f"{method.upper()} {path}" for _, (method, path) in OPERATIONS]
)


@pytest.fixture
def document(service: str) -> Documented:
    found: Documented = importlib.import_module(f"{service}.app").app.openapi()
    return found


@pytest.fixture
def operation(document: Documented, key: tuple[str, str]) -> Documented:
    method, path = key
    found: Documented = document["paths"][path][method]
    return found


def rows(service: str, key: tuple[str, str]) -> list[Operation]:
    """Return the rows of an operation."""
    return [operation for operation in profile(service).operations if operation.key == key]


def problems_of_request(documented: Documented) -> Iterator[tuple[int, str]]:
    """Yield the problems of what a request of this kind may be like."""
    yield 500, "internal-error"
    if "304" in documented["responses"]:
        yield 412, "version-mismatch"
    if any(parameter["name"] == "idempotency-key" for parameter in documented.get("parameters", ())):
        yield 400, "invalid-idempotency-key"
        yield 422, "idempotency-key-reused"
    body = documented.get("requestBody", {}).get("content", {})
    if body:
        yield 415, "unsupported-media-type"
        yield 415, "unsupported-content-encoding"
    if JSON in body:
        yield 400, "malformed-body"
        yield 422, "too-many-values"
    yield 422, "invalid-request"
    yield 413, "body-too-large"


def problems(service: str, documented: Documented, found: list[Operation]) -> dict[int, set[str]]:
    """Return the problems that an operation has to declare: those of its rows, and those of its kind."""
    expected: dict[int, set[str]] = {}

    def add(status: int, *codes: str) -> None:
        expected.setdefault(status, set()).update(codes)

    for row in found:
        for status, codes in row.problems.items():
            add(status, *codes)
    for status, code in problems_of_request(documented):
        add(status, code)
    if any(case.calls for row in found for case in row.cases):
        add(503, "database-unavailable")
    if any(row.access.takes_token for row in found):
        rejected = (role.rejected for role in profile(service).roles.values())
        add(401, "unauthenticated", "invalid-token", *filter(None, rejected))
        add(503, "secret-unavailable")
    if any(row.access.scope for row in found):
        add(403, *(row.access.code for row in found if row.access.scope))
    return expected


@every_operation
def test_operation_declares_exactly_the_problems_of_its_row(
    service: str, key: tuple[str, str], operation: Documented
) -> None:
    declared = {
        int(status): set(response["content"][MEDIA_TYPE]["examples"])
        for status, response in operation["responses"].items()
        if MEDIA_TYPE in response.get("content", {})
    }
    assert declared == problems(service, operation, rows(service, key))


@every_operation
def test_operation_declares_exactly_the_successes_of_its_cases(
    service: str, key: tuple[str, str], operation: Documented
) -> None:
    expected = {case.status for row in rows(service, key) for case in row.cases if case.status < 400}
    if key[0] == "get" and "ETag" in operation["responses"]["200"]["headers"]:
        expected.add(304)
    assert {int(status) for status in operation["responses"] if status < "400"} == expected


@every_operation
def test_every_failure_is_a_problem_of_its_status(operation: Documented) -> None:
    for status, response in operation["responses"].items():
        if MEDIA_TYPE in response.get("content", {}):
            assert status >= "400"
            assert response["content"][MEDIA_TYPE]["schema"] == PROBLEM
            shown = response["content"][MEDIA_TYPE]["examples"].values()
            assert {example["value"]["status"] for example in shown} == {int(status)}


@every_operation
def test_errors_of_api_gateway_are_declared_beside_the_problems(operation: Documented) -> None:
    for status in GATEWAY_STATUSES:
        content = operation["responses"][status]["content"]
        # Clients that ignore the media type read the first one, and the first schema that fits.
        assert next(iter(content)) == JSON
        both = {"anyOf": [PROBLEM, GATEWAY_MESSAGE]}
        assert content[JSON]["schema"] == (both if MEDIA_TYPE in content else GATEWAY_MESSAGE)
    others = {status for status in operation["responses"] if "400" <= status not in GATEWAY_STATUSES}
    assert all(list(operation["responses"][status]["content"]) == [MEDIA_TYPE] for status in others)


@every_operation
def test_optional_parameters_are_not_nullable(operation: Documented) -> None:
    for parameter in operation.get("parameters", []):
        assert {"type": "null"} not in parameter["schema"].get("anyOf", []), parameter["name"]


@every_operation
def test_operation_has_summary_sentence_and_described_tag(document: Documented, operation: Documented) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(described[tag].endswith(".") for tag in operation["tags"])


@every_operation
def test_operation_requires_a_token_exactly_if_its_row_says_so(
    service: str, key: tuple[str, str], operation: Documented
) -> None:
    found = [row.access for row in rows(service, key)]
    security = operation["security"] or [{}]
    assert ({} in security) is any(access.public for access in found)
    assert any(security) is any(access.takes_token for access in found)


@every_operation
def test_operation_shows_the_policy_of_its_row(service: str, key: tuple[str, str], operation: Documented) -> None:
    [access] = {row.access for row in rows(service, key) if row.access.takes_token} or {PUBLIC}
    shown = [line for line in operation["description"].split("\n\n") if line.startswith("Access: ")]
    assert len(shown) == (1 if access.scope else 0)
    assert all(f"`{access.scope}`" in line for line in shown)
    # OpenAPI's security requirements know neither owners, who need no scope, nor requests that need none.
    scopes = [access.scope] if access.scope and not (access.owner or access.public) else []
    for requirement in operation["security"]:
        assert list(requirement.values()) in ([], [scopes])


@pytest.mark.parametrize("case", [case for case in CASES if case.case.status >= 400], ids=str)
def test_problem_of_a_case_is_declared(case: CaseOfService, exchanges: Callable[[str], Exchanges]) -> None:
    service, operation, _ = case
    method, path = operation.key
    documented = importlib.import_module(f"{service}.app").app.openapi()["paths"][path][method]["responses"]
    response = exchanges(service)[str(case)].response
    status, code = str(int(response.status_code)), str(response.json()["type"]).rpartition(":")[2]
    assert status in documented, f"{operation} responds with {status}, which its OpenAPI document does not declare"
    assert code in documented[status]["content"][MEDIA_TYPE]["examples"], f"{operation} does not declare {code}"


def bodies(operation: Documented) -> Iterator[Documented]:
    """Yield the schema of each body that an operation takes or successfully returns."""
    successes = (response for status, response in operation["responses"].items() if status < "400")
    for body in (operation.get("requestBody", {}), *successes):
        for content in body.get("content", {}).values():
            yield content["schema"]


def named(document: Documented, schema: Documented) -> Documented:
    """Return the schema that a reference names, or the schema itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Documented = document["components"]["schemas"][name] if name else schema
    return found


@every_operation
def test_every_body_has_an_example_and_a_page_one_of_its_items(document: Documented, operation: Documented) -> None:
    if "health" in operation["tags"]:
        return  # what it says is not the service's own
    for schema in bodies(operation):
        body = named(document, schema)
        if "items" in body["properties"]:
            assert "next" in body["properties"]
            body = named(document, body["properties"]["items"]["items"])
        assert body.get("examples"), body["title"]


@every_operation
def test_path_parameters_have_an_example(operation: Documented) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter["in"] != "path" or parameter["schema"]["examples"], parameter["name"]


@pytest.mark.parametrize("service", DESCRIBED)
def test_examples_have_only_properties_of_their_schema_and_all_required_ones(document: Documented) -> None:
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            assert example.keys() <= schema["properties"].keys(), name
            assert set(schema.get("required", ())) <= example.keys(), name


@pytest.mark.parametrize("service", DESCRIBED)
def test_all_operations_share_one_way_to_authenticate(document: Documented) -> None:
    [scheme] = document["components"]["securitySchemes"].values()
    if PRODUCT.token_path:
        flow = scheme["flows"]["password"]
        assert flow["tokenUrl"] == PRODUCT.token_path
        assert all(description.startswith("Allows `") for description in flow["scopes"].values())
    else:
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("service", DESCRIBED)
def test_health_is_public_and_declares_only_an_invalid_query(service: str, document: Documented) -> None:
    [health] = [item["get"] for path, item in document["paths"].items() if path.endswith(f"/{service}/health")]
    problems = [status for status, response in health["responses"].items() if MEDIA_TYPE in response["content"]]
    assert problems == ["413", "422", "500"]
    assert health["security"] == []
