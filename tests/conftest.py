"""What every suite shares: no credentials of the developer, and a function's environment where a test asks for it."""

import gc
import json
import logging
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from common.telemetry import traces
from common.telemetry.logs import FunctionLogger
from common.telemetry.metrics import Invocation
from tests.support.deployed import folders

# The same examples on every machine, however slow it is: a failure is a fact, not a matter of luck.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

# The SDK cannot be told to write it elsewhere.
XRAY_MARKER = Path("/tmp/.aws-xray")  # noqa: S108
SERVICES = {"parts": "/api/v1/parts", "things": "/api/v1/things"}


# Imports create hundreds of thousands of objects, which the collector would examine again and again.
gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector examine only the objects that tests create: the others took a tenth of a suite's time."""
    if not session.config.option.collectonly:
        gc.freeze()
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures of deployed suites where one may run: the others need none of what they import."""
    if any(folders.may_run(folder, config) for folder in (*folders.DEPLOYED, folders.TYPESCRIPT)):
        config.pluginmanager.import_plugin("tests.support.deployed.fixtures")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect suites that need packaged zips or Chromium only where the command line names them."""
    return (collection_path in folders.NAMED_ONLY and not folders.is_named(collection_path, config)) or None


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture(autouse=True, scope="session")
def _nothing_left_by_the_xray_sdk() -> Iterator[None]:
    """Close the socket that the X-Ray SDK opens at import, and remove the marker that it writes as if on Lambda."""
    existed = XRAY_MARKER.exists()
    yield
    if not existed:
        shutil.rmtree(XRAY_MARKER, ignore_errors=True)
    sdk = sys.modules.get("aws_xray_sdk.core")
    if sdk is not None:
        sdk.xray_recorder.emitter._socket.close()


@pytest.fixture
def function_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The variables that Terraform writes, and telemetry made anew from them.

    The service's name is unique, because Python's loggers live as long as the process and keep their first stream.
    """
    variables = {
        "ENVIRONMENT": "test",
        "POWERTOOLS_SERVICE_NAME": f"service-{uuid.uuid4()}",
        "POWERTOOLS_METRICS_NAMESPACE": "Things/test",
        "SERVICES": json.dumps(SERVICES),
        "LOG_LEVEL": "INFO",
        "JWT_SECRET_ID": "jwt",
        "JWT_ISSUER": "test-issuer",
        "JWT_AUDIENCE": "test-api",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(FunctionLogger, "current", None)
    monkeypatch.setattr(traces._Process, "tracing", None)
    monkeypatch.setattr(Invocation, "is_first", True)
    monkeypatch.setattr("aws_lambda_powertools.logging.logger.is_cold_start", True)  # the logger has one of its own
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield variables
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.captureWarnings(capture=False)
