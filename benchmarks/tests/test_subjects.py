"""The requests by which services are measured, and times that are missing."""

from typing import Any

import jwt
import pytest

from benchmarks.inside.launcher import Launcher
from benchmarks.process import ROOT, without_mounts
from benchmarks.subjects import reads, request_of
from common.auth.tokens import LONGEST_LIFETIME
from local_aws.awslambda.mounts import LAMBDA
from tests.conformance.found import DESCRIBED, ROWS


@pytest.mark.parametrize("service", DESCRIBED)
def test_service_is_measured_by_its_public_get_of_one_item(service: str) -> None:
    assert reads(ROWS, service)[0].access.public
    assert not request_of(service).headers


@pytest.mark.parametrize("service", DESCRIBED)
def test_service_without_a_public_get_is_measured_with_a_token(service: str) -> None:
    private = [row for row in ROWS if row.service == service and not row.operation.access.public]
    scheme, token = dict(request_of(service, private).headers)["Authorization"].split()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert scheme == "Bearer"
    assert 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFETIME.total_seconds()


@pytest.mark.parametrize("service", DESCRIBED)
def test_service_without_a_get_has_no_request(service: str) -> None:
    assert reads([row for row in ROWS if row.operation.method != "GET"], service) == []


def test_checkout_that_a_functions_folder_would_hide_is_rejected() -> None:
    assert "Clone it elsewhere" in without_mounts(LAMBDA.tmp / "clone")
    assert "Clone it elsewhere" not in without_mounts(ROOT)


class Untimed:
    """A function whose handler adds no times to its response."""

    def invoke(self, _: bytes, __: str) -> tuple[float, float, bytes]:
        """Return what the launcher measures itself."""
        return 1.0, 1.0, b'{"statusCode": 200}'


def test_missing_times_of_the_handler_are_an_error() -> None:
    launcher: Any = Launcher()
    launcher._function, launcher._timed = Untimed(), True
    with pytest.raises(KeyError, match="benchmarks"):
        launcher.invoke("{}", "", 1)
