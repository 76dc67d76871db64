"""A creation whose response from DynamoDB is lost is served once; `make test-faults` tests all other faults."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.conformance.found import ROWS, Row
from tests.e2e.successes import prepared
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.fault_plan import FaultPlan
from tests.support.profile import IDEMPOTENCY_KEY
from tests.support.services import deployed_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CREATING = [row for row in ROWS if any(case.is_replay for case in row.operation.cases)]


@pytest.mark.parametrize("row", CREATING, ids=str)
def test_creation_with_a_lost_response_is_served_and_replayed(
    deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer, plan: FaultPlan, row: Row
) -> None:
    request = prepared(deployment.api, dynamodb, signer, row)
    request = replace(request, headers={**request.headers, "Idempotency-Key": f'"{IDEMPOTENCY_KEY}"'})
    with plan.planned({"kind": "lost", "caller": deployed_name(row.service), "operation": "TransactWriteItems"}):
        created = request.send(deployment.api)
    again = request.send(deployment.api)
    assert (created.status_code, again.status_code) == (request.status, request.status)
    assert "idempotent-replayed" not in created.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.headers["location"], again.content) == (created.headers["location"], created.content)
