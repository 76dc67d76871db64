"""The new version of any service passes the requests of the release hook."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from release_hook.smoke import check
from release_hook.version import Version
from tests.conformance.found import DESCRIBED, service_file
from tests.conformance.in_process.service_under_test import ServiceUnderTest, serving


class Invoked:
    """Lambda's Invoke of a service in process."""

    def __init__(self, under_test: ServiceUnderTest) -> None:
        self._under_test = under_test

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Any:  # noqa: N803 - AWS's names
        assert (FunctionName, Qualifier) == ("function", "7")
        response = self._under_test.invoke(json.loads(Payload)).response
        answer = {"statusCode": response.status_code, "headers": response.headers, "body": response.body}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.mark.parametrize("service", DESCRIBED)
def test_service_passes_the_release_hook(service: str, function_environment: Mapping[str, str]) -> None:
    path = service_file(service).paths[0]
    with serving(service, function_environment, {}) as under_test:
        sent = check(path, Version(Invoked(under_test), "function", "7").get)
    assert {f"{path}/health", f"{path}/openapi.json", path} <= set(sent)
