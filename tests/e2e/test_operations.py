"""Each operation of each service, run once from the packaged zips, has its route, domain metric and span."""

import pytest

from tests.conformance.found import ROWS, Row, profile
from tests.e2e.failures import new_number
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer


@pytest.mark.parametrize("row", [row for row in ROWS if not row.operation.environment], ids=str)
def test_operation_is_served_with_its_telemetry(deployment: Deployment, signer: Signer, row: Row) -> None:
    service, operation = row
    owned = profile(service).make(deployment.api, signer.bearer, new_number())
    arguments = dict(operation.send(new_number()))
    headers = dict(arguments.pop("headers", {}))
    if not operation.access.public:
        headers |= signer.bearer(owned.subject, *filter(None, [operation.access.scope]))
    path = operation.path.format(**owned.parameters)
    response = deployment.api.request(operation.method, path, headers=headers, **arguments)
    assert response.status_code < 500, response.text

    invocation = deployment.invocation_of(response)
    line = invocation.access()
    assert (line["service"], line["route"], line["status"]) == (service, operation.path, response.status_code)
    counted = invocation.counted().get(frozenset({("service", service)}), {})
    metric = operation.metrics.get(response.status_code)
    assert counted == ({metric: 1} if metric else {})
    trace = deployment.trace(line["xray_trace_id"])
    spans = [name for name, _ in trace.handled() if name not in ("dynamodb", "secretsmanager")]
    assert spans in ([], [operation.span])
