"""Each operation of each service succeeds from the packaged zips, with its route, domain metric and span."""

from typing import TYPE_CHECKING

import pytest

from tests.conformance.found import ROWS, Row
from tests.e2e.successes import prepared
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.parametrize("row", [row for row in ROWS if not row.operation.environment], ids=str)
def test_operation_succeeds_with_its_telemetry(
    deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    service, operation = row
    request = prepared(deployment.api, dynamodb, signer, row)
    response = request.send(deployment.api)
    assert response.status_code == request.status, response.text
    invocation = deployment.invocation_of(response)
    line = invocation.access()
    assert (line["service"], line["route"], line["status"]) == (service, operation.path, response.status_code)
    counted = invocation.counted().get(frozenset({("service", service)}), {})
    metric = operation.metrics.get(response.status_code)
    assert counted == ({metric: 1} if metric else {})
    trace = deployment.trace(line["xray_trace_id"])
    spans = [name for name, _ in trace.handled() if name not in {"dynamodb", "secretsmanager"}]
    assert spans == ([operation.span] if operation.span else [])
