"""The traces of the packaged functions: which subsegment is below which, how it is marked, and what it holds."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import pytest

from local_aws.session import Session
from local_aws.xray.trace import new_segment_id, new_trace_id
from tests.books.journeys.requests import BOOKS, LOANS, add_book, new_id
from tests.e2e.failures import NUMBER, ROUTES, Outages, bug
from tests.support.deployed.data_plane import data_plane
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import THROTTLED, THROTTLING, Faults
from tests.support.deployed.secrecy import SECRETS
from tests.support.deployed.signing import Signer
from tests.support.deployed.spans import Trace, Tree, code
from tests.support.services import SERVICES
from tests.support.traces import flags

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOAN = f"{BOOKS}/{{book_id}}/loan"
LENT: Tree = [("loans.lend", [("dynamodb", [])])]
READ: Tree = [("dynamodb", [])]


def annotations(trace: Trace, **expected: object) -> None:
    """Assert that `## handler` has these annotations and Powertools' two."""
    found: dict[str, Any] = trace.one("## handler")["annotations"]
    assert found.keys() == {"ColdStart", "Service", *expected}
    assert {name: found[name] for name in expected} == expected


def marks(trace: Trace) -> dict[str, set[str]]:
    """Which subsegments are marked, and how."""
    return {each["name"]: flags(each) for each in trace.documents if flags(each)}


@pytest.fixture
def loan(deployment: Deployment, signer: Signer) -> str:
    """The address of the loan that a book may get; who answers for it knows the signing key by now."""
    return f"{add_book(deployment.api, signer.bearer(new_id()))}/loan"


def test_a_success_is_the_operation_and_its_calls_below_the_handler(
    deployment: Deployment, loan: str, signer: Signer
) -> None:
    who, parent, trace_id = new_id(), new_segment_id(), new_trace_id()
    header = {"x-amzn-trace-id": f"Root={trace_id};Parent={parent};Sampled=1"}
    assert deployment.api.put(loan, headers=signer.bearer(who) | header).status_code == 201
    trace = deployment.trace(trace_id)
    assert trace.handled() == LENT
    assert trace.one("AWS::Lambda")["parent_id"] == parent
    annotations(trace, route=LOAN, status=201, principal_id=who)
    assert marks(trace) == {}
    call = trace.one("dynamodb")
    assert call["namespace"] == "aws"
    assert call["aws"].keys() == {"operation", "table_name", "region", "request_id", "retries"}
    assert (call["aws"]["operation"], call["aws"]["table_name"]) == ("UpdateItem", "bookshelf-dev-books")
    assert (call["aws"]["retries"], call["http"]["response"]["status"]) == (0, 200)


def test_a_refusal_of_the_domain_is_an_error_and_so_is_the_condition_that_did_not_hold(
    deployment: Deployment, loan: str, signer: Signer
) -> None:
    assert deployment.api.put(loan, headers=signer.bearer(new_id())).status_code == 201
    who = new_id()
    trace = deployment.trace_of(deployment.api.put(loan, headers=signer.bearer(who)))
    assert trace.handled() == LENT
    annotations(trace, route=LOAN, status=409, principal_id=who)
    assert marks(trace) == {name: {"error"} for name in ("## handler", "loans.lend", "dynamodb")}
    assert code(trace.one("dynamodb")) == "ConditionalCheckFailedException"
    assert code(trace.one("loans.lend")) is None


def test_what_is_not_there_is_an_error_of_the_request_alone(deployment: Deployment) -> None:
    trace = deployment.trace_of(deployment.api.get("/users/424242"))
    assert trace.handled() == READ
    annotations(trace, route="/users/{user_id}", status=404)
    assert marks(trace) == {"## handler": {"error"}}


def test_where_no_route_is_nothing_is_called(deployment: Deployment) -> None:
    trace = deployment.trace_of(deployment.api.get("/nowhere/at/all"))
    assert trace.handled() == []
    annotations(trace, route="unmatched", status=404)


@pytest.mark.parametrize("service", SERVICES)
def test_a_bug_is_a_fault_with_its_type_and_stack(
    deployment: Deployment, dynamodb: "DynamoDBClient", service: str
) -> None:
    trace = deployment.trace_of(bug(deployment, dynamodb, service))
    assert trace.handled() == READ
    annotations(trace, route=ROUTES[service], status=500)
    assert marks(trace) == {"## handler": {"fault"}}
    assert code(trace.one("## handler")) == "KeyError"
    [exception] = trace.one("## handler")["cause"]["exceptions"]
    assert {"path": "repository.py", "label": "_from_item"} in [
        {name: frame[name] for name in ("path", "label")} for frame in exception["stack"]
    ]


def test_a_bug_inside_of_an_operation_is_a_fault_of_both(
    deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer
) -> None:
    trace = deployment.trace_of(bug(deployment, dynamodb, "books", signer.bearer(NUMBER)))
    assert trace.handled() == [("books.change", READ)]
    annotations(trace, route=ROUTES["books"], status=500, principal_id=str(NUMBER))
    assert marks(trace) == {"## handler": {"fault"}, "books.change": {"fault"}}
    assert code(trace.one("books.change")) == code(trace.one("## handler")) == "KeyError"


def test_throttling_is_marked_when_no_attempt_has_helped(faulty: Deployment, outage: Outages) -> None:
    trace = faulty.trace_of(outage.users)
    assert trace.handled() == READ
    annotations(trace, route="/users/{user_id}", status=503)
    assert marks(trace) == {"## handler": {"fault"}, "dynamodb": {"error", "throttle"}}
    call = trace.one("dynamodb")
    assert code(call) == THROTTLED
    assert (call["aws"]["retries"], call["http"]["response"]["status"]) == (2, 400)


def test_throttling_that_an_attempt_overcomes_is_a_number_of_retries(faulty: Deployment, faults: Faults) -> None:
    faults.let("GetItem", THROTTLED)
    answer = faulty.api.get("/users/1")
    assert answer.status_code == 200
    trace = faulty.trace_of(answer)
    assert marks(trace) == {}
    assert trace.one("dynamodb")["aws"]["retries"] == 1


def test_an_operation_without_its_database_is_a_fault(faulty: Deployment, outage: Outages) -> None:
    trace = faulty.trace_of(outage.books)
    assert marks(trace) == {"## handler": {"fault"}, "books.add": {"fault"}, "dynamodb": {"error", "throttle"}}
    assert code(trace.one("books.add")) is None


class Beginning(NamedTuple):
    """The traces of the first two requests of an environment that need the signing key."""

    cold: Trace
    warm: Trace


@pytest.fixture(scope="module")
def beginning(session: Session, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginning]:
    headers, work = signer.bearer(new_id()), tmp_path_factory.mktemp("beginning")
    with (
        data_plane(session.control_plane, work) as served,
        httpx2.Client(base_url=served.url, timeout=30) as deployed_api,
        httpx2.Client(base_url=served.admin_url) as admin,
    ):
        deployment = Deployment(deployed_api, admin, work / "logs")
        answers = [deployed_api.get(LOANS, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        yield Beginning(*map(deployment.trace_of, answers))


def test_an_environment_asks_for_the_key_when_it_needs_it_first(beginning: Beginning) -> None:
    listed: Tree = [("loans.list", [("dynamodb", [])])]
    assert beginning.cold.handled() == [("secretsmanager", []), *listed]
    assert beginning.warm.handled() == listed
    call = beginning.cold.one("secretsmanager")
    assert call["aws"].keys() == {"operation", "region", "request_id", "retries"}
    assert (call["aws"]["operation"], call["http"]["response"]["status"]) == ("GetSecretValue", 200)


def test_initialization_is_in_the_trace_of_the_first_request_alone(beginning: Beginning) -> None:
    for trace, cold in zip(beginning, (True, False), strict=True):
        [(_, [(_, below)])] = trace.tree()
        assert [name for name, _ in below if name == "Initialization"] == ["Initialization"] * cold
        assert trace.one("## handler")["annotations"]["ColdStart"] is cold


def test_a_key_that_cannot_be_had_is_a_fault_of_the_login(faulty: Deployment, outage: Outages) -> None:
    trace = faulty.trace_of(outage.login)
    assert trace.handled() == [("users.log_in", [("secretsmanager", [])])]
    assert marks(trace) == {
        "## handler": {"fault"},
        "users.log_in": {"fault"},
        "secretsmanager": {"error", "throttle"},
    }
    assert code(trace.one("secretsmanager")) == THROTTLING


@pytest.mark.usefixtures("whole_run")
def test_nothing_secret_is_in_any_trace_of_the_run(deployments: list[Deployment], signer: Signer) -> None:
    for served in deployments:
        traces = served.trace_ids()
        assert traces
        text = json.dumps([served.trace_so_far(trace_id).documents for trace_id in traces])
        for secret in (*SECRETS, re.compile(re.escape(signer.key))):
            assert secret.findall(text) == []
        assert "metadata" not in text
