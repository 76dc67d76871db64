"""Lambda's Invoke runs the packaged functions without a request to the API."""

import json
from contextlib import closing

import pytest

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from tests.support.deployed.invocations import INVOKED_DIRECTLY
from tests.support.http_events import http_event
from tests.support.services import SERVICES, deployed_name


@pytest.mark.parametrize("service", SERVICES)
def test_deployed_alias_responds_to_an_event(session: Session, service: str) -> None:
    event = http_event("OPTIONS", "/health", request_id=INVOKED_DIRECTLY)
    with closing(operator_client("lambda", session.control_plane)) as lambda_:
        response = lambda_.invoke(FunctionName=deployed_name(service), Qualifier="live", Payload=json.dumps(event))
        assert "FunctionError" not in response
        assert json.loads(response["Payload"].read())["statusCode"] == 204
