"""The default service alone serves the root page and the documentation of all services."""

from collections.abc import Mapping

import pytest

from tests.conformance.found import DESCRIBED, service_file
from tests.conformance.in_process.service_under_test import serving


@pytest.mark.parametrize("service", DESCRIBED)
def test_default_service_alone_serves_the_documentation(service: str, function_environment: Mapping[str, str]) -> None:
    expected = 200 if service_file(service).default else 404
    with serving(service, function_environment, {}) as under_test:
        for path in ("/", "/openapi.json", "/docs", "/redoc", "/docs/swagger-ui.css"):
            assert under_test.send("GET", path, {}, headers={}).response.status_code == expected, path
