"""The headers and problems that responses have and OpenAPI documents declare."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from common.http import problems
from common.http.openapi_schemas import HEADERS, SCHEMAS
from contract.documents import documents
from contract.problem_types import problem_types
from monorepo.services import ROOT
from tests.conformance.found import CASES, DESCRIBED, ROWS, CaseOfService, Row
from tests.conformance.in_process.conftest import (
    COMPRESSED,
    LARGE,
    MANY_VALUES,
    NO_DATABASE,
    NO_JSON,
    NO_KEYS,
    STREAMED,
    TEXT,
    WRONG_BODY,
    Exchanges,
    faulty_cases,
)
from tests.support.problem import assert_problem

# A list's last page has no next one, a caller without a token needs no other scope, and most requests are new.
OPTIONAL = {"Link", "WWW-Authenticate", "Idempotent-Replayed"}
# What is wrong with a request => status and code of the problem.
FAULTS = {
    NO_DATABASE: (503, "database-unavailable"),
    NO_KEYS: (503, "secret-unavailable"),
    TEXT: (415, "unsupported-media-type"),
    WRONG_BODY: (422, "invalid-request"),
    NO_JSON: (400, "malformed-body"),
    MANY_VALUES: (422, "too-many-values"),
    COMPRESSED: (415, "unsupported-content-encoding"),
    LARGE: (413, "body-too-large"),
    STREAMED: (413, "body-too-large"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_headers_of_a_case_are_exactly_the_declared_ones(
    case: CaseOfService, exchanges: Callable[[str], Exchanges]
) -> None:
    service, operation, sent = case
    method, path = operation.key
    document = importlib.import_module(f"{service}.app").app.openapi()
    declared = set(document["paths"][path][method]["responses"][str(sent.status)]["headers"])
    names = {name.lower(): name for name in HEADERS}
    headers = {names[name] for name in exchanges(service)[str(case)].response.headers if name in names}
    assert headers - declared == set()
    assert declared - headers <= OPTIONAL


def test_every_declared_header_was_sent(exchanges: Callable[[str], Exchanges]) -> None:
    sent = {
        name.lower()
        for service in DESCRIBED
        for exchange in exchanges(service).values()
        for name in exchange.response.headers
    }
    assert {name.lower() for name in HEADERS} - sent == set()


@pytest.mark.parametrize(
    ("row", "fault"), [(row, fault) for row in ROWS for fault in faulty_cases(row.operation)], ids=str
)
def test_fault_has_its_problem_in_every_operation(row: Row, fault: str, exchanges: Callable[[str], Exchanges]) -> None:
    assert_problem(exchanges(row.service)[f"{row.operation} {fault}"].response, *FAULTS[fault])


def sent_problems(exchanges: Exchanges) -> Iterator[dict[str, Any]]:
    """Yield the body of each problem that a service has sent."""
    for exchange in exchanges.values():
        if exchange.response.headers.get("content-type") == problems.MEDIA_TYPE:
            yield exchange.response.json()


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_problem_has_only_members_of_the_documented_schema(
    service: str, exchanges: Callable[[str], Exchanges]
) -> None:
    closed = Draft202012Validator(SCHEMAS["Problem"] | {"additionalProperties": False})
    found = list(sent_problems(exchanges(service)))
    assert found
    for problem in found:
        closed.validate(problem)


def test_every_problem_type_was_sent_and_every_sent_one_is_known(exchanges: Callable[[str], Exchanges]) -> None:
    own, others = problem_types(documents(ROOT)), problem_types(documents(ROOT, with_issuer=True))
    # The profiles are of the API with own tokens.
    only_with_issuer = {code for code, each in others.items() if each.operations and not own[code].operations}
    known = {problems.type_uri(code) for code in own.keys() - only_with_issuer}
    sent = {problem["type"] for service in DESCRIBED for problem in sent_problems(exchanges(service))} - {"about:blank"}
    assert known - sent == set(), "no request shows these problems: add a case to the profile of the service"
    assert sent - known == set(), "no operation declares these problems"
