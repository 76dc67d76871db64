"""Each operation of each service succeeds from the packaged zips, with its route, domain metric and span."""

from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.conformance.found import ROWS, Row, profile
from tests.e2e.failures import new_number
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def succeed(deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer, row: Row) -> httpx2.Response:
    """Send the request of the row by the owner of a new thing, after the operation that it needs."""
    service, operation = row
    api, found, number = deployment.api, profile(service), new_number()
    owned = found.make(api, signer.bearer, number)
    headers: dict[str, str] = {}
    if not operation.access.public:
        scope = None if operation.access.owner else operation.access.scope
        if scope and found.grant:
            found.grant(dynamodb, number, scope)
        headers = signer.bearer(owned.subject, *filter(None, [scope]))
    if operation.needs:
        method, needed = operation.needs
        before = api.request(method, needed.format(**owned.parameters), headers=headers)
        assert before.is_success, before.text
    arguments = dict(operation.prepare(api, new_number()) if operation.prepare else operation.send(new_number()))
    headers |= arguments.pop("headers", {})
    response = api.request(operation.method, operation.path.format(**owned.parameters), headers=headers, **arguments)
    assert response.status_code == operation.cases[0].status, response.text
    return response


@pytest.mark.parametrize("row", [row for row in ROWS if not row.operation.environment], ids=str)
def test_operation_succeeds_with_its_telemetry(
    deployment: Deployment, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    service, operation = row
    response = succeed(deployment, dynamodb, signer, row)
    invocation = deployment.invocation_of(response)
    line = invocation.access()
    assert (line["service"], line["route"], line["status"]) == (service, operation.path, response.status_code)
    counted = invocation.counted().get(frozenset({("service", service)}), {})
    metric = operation.metrics.get(response.status_code)
    assert counted == ({metric: 1} if metric else {})
    trace = deployment.trace(line["xray_trace_id"])
    spans = [name for name, _ in trace.handled() if name not in {"dynamodb", "secretsmanager"}]
    assert spans == ([operation.span] if operation.span else [])
