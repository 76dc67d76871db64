"""The quota that moto lacks, and that moto still lacks it."""

from typing import Any

import pytest
from moto.servicequotas.models import servicequotas_backends

from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane


@pytest.fixture
def client(control_plane: ControlPlane) -> Any:
    return operator_client("service-quotas", control_plane.environment)


def test_lambda_has_its_documented_concurrent_executions(client: Any) -> None:
    quota = client.get_service_quota(ServiceCode="lambda", QuotaCode="L-B99A9384")["Quota"]
    assert client.get_aws_default_service_quota(ServiceCode="lambda", QuotaCode="L-B99A9384")["Quota"] == quota
    assert (quota["QuotaName"], quota["Value"]) == ("Concurrent executions", 1000)
    assert quota["QuotaArn"] == "arn:aws:servicequotas:eu-central-1:123456789012:lambda/L-B99A9384"


def test_unknown_quota_is_not_found(client: Any) -> None:
    with pytest.raises(client.exceptions.NoSuchResourceException):
        client.get_service_quota(ServiceCode="lambda", QuotaCode="L-2ACBD22F")


def test_moto_lacks_the_quota() -> None:
    # When this fails, moto has Lambda's quotas: delete servicequotas/moto_gaps.py.
    with pytest.raises(Exception, match="NoSuchResource"):
        servicequotas_backends["123456789012"]["eu-central-1"].get_service_quota("lambda", "L-B99A9384")
