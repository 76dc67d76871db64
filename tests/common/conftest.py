"""A Lambda handler with the routes of the test module's `router`, and the lines that it has written."""

import asyncio
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from common.lambda_handler import Handler, create_handler
from common.http.application import create_app
from common.runtime import Runtime
from tests.common.lines import Lines
from tests.support.tokens import accepting_tokens


def no_adapters(_: Runtime) -> None:
    """Create no adapters."""


@pytest.fixture
def handler(request: pytest.FixtureRequest, function_environment: dict[str, str]) -> Iterator[Handler]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[request.module.router])
    # Created at the first call: the logger keeps the output stream of that moment, and pytest replaces it per test.
    cached_handler = functools.cache(lambda: create_handler(app, no_adapters))

    def handle(event: Any, context: Any) -> Any:
        return cached_handler()(event, context)

    with accepting_tokens(app):
        yield handle
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return the lines written since the last call, parsed as JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
