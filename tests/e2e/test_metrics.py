"""What the packaged functions count: metrics as the published schema wants them, and only where they belong."""

from collections import Counter
from typing import TYPE_CHECKING

import httpx2
import pytest

from books.domain_metrics import DomainMetric as BookMetric
from tests.books.journeys.requests import BOOKS, LOANS, new_book, new_id
from tests.e2e.failures import ROUTES, Outages, bug
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.invocations import Invocation, invocations
from tests.support.deployed.signing import Signer
from tests.support.services import SERVICES
from tests.users.journeys.accounts import TOKEN
from users.domain_metrics import DomainMetric as UserMetric

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Counted = dict[frozenset[tuple[str, str]], dict[str, float]]

USERS = "/api/v1/users"
LOAN = f"{BOOKS}/{{book_id}}/loan"
ALONE: dict[str, float] = {"Latency": 1}
REFUSED: dict[str, float] = {"Latency": 1, "4xx": 1}
FAILED: dict[str, float] = {"Latency": 1, "5xx": 1}


def by(**dimensions: str) -> frozenset[tuple[str, str]]:
    return frozenset(dimensions.items())


def counted(deployment: Deployment, answer: httpx2.Response) -> Counted:
    """What an invocation has counted, but for its cold start."""
    found = deployment.invocation_of(answer).counted()
    return {dimensions: metrics for dimensions, metrics in found.items() if metrics.keys() != {"ColdStart"}}


def of(service: str, route: str, metrics: dict[str, float], **tallies: float) -> Counted:
    """The route's metrics, and the service's if there are any."""
    own: Counted = {by(service=service): tallies} if tallies else {}
    return {by(service=service, route=route): metrics, **own}


def test_registrations_and_logins_are_counted(deployment: Deployment) -> None:
    body = {"email": f"{new_id()}@example.com", "username": "reader", "password": "correct horse battery staple"}
    form = {"grant_type": "password", "username": body["email"], "password": body["password"]}
    for path, json, data, status, expected in (
        (USERS, body, None, 201, of("users", USERS, ALONE, UsersRegistered=1)),
        (USERS, body, None, 409, of("users", USERS, REFUSED)),
        (TOKEN, None, form, 200, of("users", TOKEN, ALONE, TokensIssued=1)),
        (TOKEN, None, form | {"password": "wrong"}, 401, of("users", TOKEN, REFUSED, TokensRefused=1)),
        (TOKEN, None, form | {"password": ""}, 422, of("users", TOKEN, REFUSED)),
    ):
        answer = deployment.api.post(path, json=json, data=data)
        assert answer.status_code == status
        assert counted(deployment, answer) == expected


def test_what_becomes_of_a_book_is_counted(deployment: Deployment, signer: Signer) -> None:
    reader, someone = signer.bearer(new_id()), signer.bearer(new_id())
    created = deployment.api.post(BOOKS, json=new_book(), headers=reader)
    assert counted(deployment, created) == of("books", BOOKS, ALONE, BooksCreated=1)
    loan = f"{created.headers['location']}/loan"
    for method, headers, status, expected in (
        ("PUT", reader, 201, of("books", LOAN, ALONE, BooksLent=1)),
        ("PUT", reader, 200, of("books", LOAN, ALONE, IdempotentReplays=1)),
        ("PUT", someone, 409, of("books", LOAN, REFUSED)),
        ("DELETE", reader, 204, of("books", LOAN, ALONE, BooksReturned=1)),
        ("DELETE", reader, 404, of("books", LOAN, REFUSED)),
    ):
        answer = deployment.api.request(method, loan, headers=headers)
        assert answer.status_code == status
        assert counted(deployment, answer) == expected


def test_a_refused_token_is_no_refused_login_and_no_address_makes_a_metric(deployment: Deployment) -> None:
    refused = deployment.api.get(LOANS, headers={"authorization": "Bearer made-up"})
    assert counted(deployment, refused) == of("books", LOANS, REFUSED)
    assert counted(deployment, deployment.api.get(f"/nowhere/{new_id()}")) == of("users", "unmatched", REFUSED)


@pytest.mark.parametrize("service", SERVICES)
def test_a_bug_is_a_5xx_of_route_and_service_and_a_fault(
    deployment: Deployment, dynamodb: "DynamoDBClient", service: str
) -> None:
    found = counted(deployment, bug(deployment, dynamodb, service))
    fault: Counted = {by(service=service, kind="bug"): {"Faults": 1}}
    assert found == {**of(service, ROUTES[service], FAILED, **{"5xx": 1}), **fault}


def test_what_aws_does_not_serve_is_a_5xx_and_another_fault(faulty: Deployment, outage: Outages) -> None:
    for answer, service, route in (
        (outage.users, "users", ROUTES["users"]),
        (outage.books, "books", BOOKS),
        (outage.login, "users", TOKEN),
    ):
        fault: Counted = {by(service=service, kind="unavailable"): {"Faults": 1}}
        assert counted(faulty, answer) == {**of(service, route, FAILED, **{"5xx": 1}), **fault}


@pytest.fixture(scope="module")
def everything(deployments: list[Deployment], whole_run: None) -> list[Invocation]:  # noqa: ARG001
    """Every invocation of this run that has ended."""
    return [
        invocation
        for deployment in deployments
        for service in SERVICES
        for invocation in invocations(deployment.logs, service)
        if invocation.ended
    ]


def test_every_environment_has_started_cold_once_and_with_its_first_request(everything: list[Invocation]) -> None:
    cold = Counter(
        invocation.stream
        for invocation in everything
        for blob in invocation.blobs
        if set(blob.dimensions) == {"service", "function_name"}
        if blob.counted() == {"ColdStart": 1} and invocation.first
    )
    assert cold == Counter({invocation.stream for invocation in everything})
    assert sum("ColdStart" in line for invocation in everything for line in invocation.metrics) == len(cold)


def test_every_request_of_the_run_is_an_access_line_and_a_latency(everything: list[Invocation]) -> None:
    for invocation in everything:
        line = invocation.access()
        status = {4: {"4xx": 1}, 5: {"5xx": 1}}.get(line["status"] // 100, {})
        dimensions = by(service=line["service"], route=line["route"])
        assert invocation.counted()[dimensions] == ALONE | status
        [latency] = next(blob.metrics["Latency"][1] for blob in invocation.blobs if blob.dimensions == dict(dimensions))
        assert latency == line["duration_ms"]


def test_no_metric_has_dimensions_that_are_not_its_own(everything: list[Invocation]) -> None:
    found: dict[str, set[frozenset[str]]] = {}
    for invocation in everything:
        for blob in invocation.blobs:
            for name in blob.metrics:
                found.setdefault(name, set()).add(frozenset(blob.dimensions))
    service, route = frozenset({"service"}), frozenset({"service", "route"})
    assert found == {
        "ColdStart": {frozenset({"service", "function_name"})},
        "Faults": {frozenset({"service", "kind"})},
        "Latency": {route},
        "4xx": {route},
        "5xx": {route, service},
        **{str(tally): {service} for tally in (*UserMetric, *BookMetric)},
    }
