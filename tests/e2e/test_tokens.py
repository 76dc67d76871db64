"""The packaged functions accept only tokens with the key, issuer and audience of their deployment."""

import re
from collections.abc import Mapping

import httpx2
import pytest

from common.auth.keys import SigningKey
from tests.support.deployed.signing import Signer
from tests.support.problem import assert_problem
from tests.support.services import SERVICES

REALM = r'Bearer realm="[^"]+"'
INVALID: Mapping[str, Mapping[str, object]] = {
    "expired": {"exp": 1},
    "issued elsewhere": {"iss": "another-deployment"},
    "issued for another API": {"aud": "another-api"},
    "signed with another key": {"key": SigningKey.of("a key that the deployment has never had, of 32 bytes at least")},
}


@pytest.fixture(params=SERVICES)
def operation(request: pytest.FixtureRequest, deployed_api: httpx2.Client) -> tuple[str, str]:
    """Return method and path of an operation of the service that requires a token. Skip a service without one."""
    address = deployed_api.get("/").json()["services"][request.param]
    for path, operations in deployed_api.get(f"{address}/openapi.json").json()["paths"].items():
        for method, described in operations.items():
            if described.get("security"):
                return method, re.sub(r"\{\w+\}", "1", path)
    pytest.skip(f"no operation of {request.param} requires a token")


def test_token_of_the_deployment_is_accepted(
    deployed_api: httpx2.Client, signer: Signer, operation: tuple[str, str]
) -> None:
    response = deployed_api.request(*operation, headers=signer.bearer(1))
    assert "invalid-token" not in response.text
    assert "unauthenticated" not in response.text


def test_request_without_a_token_is_rejected(deployed_api: httpx2.Client, operation: tuple[str, str]) -> None:
    response = deployed_api.request(*operation)
    assert_problem(response, 401, "unauthenticated")
    assert re.fullmatch(REALM, response.headers["www-authenticate"])


@pytest.mark.parametrize("claims", INVALID.values(), ids=INVALID.keys())
def test_invalid_token_is_rejected(
    deployed_api: httpx2.Client, signer: Signer, operation: tuple[str, str], claims: Mapping[str, object]
) -> None:
    response = deployed_api.request(*operation, headers=signer.bearer(1, **claims))
    assert_problem(response, 401, "invalid-token")
    assert re.fullmatch(REALM + ', error="invalid_token"', response.headers["www-authenticate"])
