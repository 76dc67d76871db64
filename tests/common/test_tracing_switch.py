"""The setting TRACING chooses the library, and only that one is imported."""

import subprocess
import sys

import pytest

from common.lambda_handler import create_handler
from common.http.application import create_app
from common.settings import SettingsError
from tests.common.conftest import no_adapters


@pytest.mark.parametrize("value", ["of", "on", "true"])
def test_unknown_value_of_tracing_is_rejected(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    assert function_environment
    monkeypatch.setenv("TRACING", value)
    with pytest.raises(SettingsError, match="TRACING"):
        create_handler(create_app("things", description="Things.", routers=[]), no_adapters)


IN_LAMBDA = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "LAMBDA_TASK_ROOT": "/var/task",
    "_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0",
}
# Runs in its own process, because a module that was imported once stays imported.
IMPORTS = """
import sys
sys.path[:0] = sys.argv[1:]
from common.http.application import create_app
from common.lambda_handler import create_handler
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
handler = create_handler(create_app("things", description="Things.", routers=[]), lambda runtime: None)
response = handler(http_event("GET", "/api/v1/things/health"), FakeLambdaContext())
assert response["statusCode"] == 200, response
print([name for name in ("aws_xray_sdk", "common.telemetry.otel", "opentelemetry.sdk") if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("variables", "imported"),
    [
        ({"TRACING": "off"}, "[]"),
        ({"TRACING": "powertools"}, "['aws_xray_sdk']"),
        ({"TRACING": "otel"}, "['common.telemetry.otel']"),
        ({}, "['common.telemetry.otel']"),
    ],
)
def test_only_the_chosen_library_is_imported(
    function_environment: dict[str, str], variables: dict[str, str], imported: str
) -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTS, *sys.path],
        env=function_environment | IN_LAMBDA | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.stderr == ""
    assert finished.stdout.splitlines()[-1] == imported
