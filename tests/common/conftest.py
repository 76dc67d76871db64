"""A function whose routes are the `router` of the module that asks for it, and what it has written."""

import asyncio
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from common.http.application import create_app
from common.lambda_handler import Handler, create_handler
from common.runtime import Runtime
from tests.common.lines import Lines
from tests.support.tokens import accepting_tokens


def no_adapters(_: Runtime) -> None:
    """The adapters of a service that needs none."""


@pytest.fixture
def handler(request: pytest.FixtureRequest, function_environment: dict[str, str]) -> Iterator[Handler]:
    assert function_environment
    app = create_app("things", description="Things.", routers=[request.module.router])
    # Made at the first call, because the logger keeps the stream that it finds, and pytest changes it before a test.
    made = functools.cache(lambda: create_handler(app, no_adapters))

    def handle(event: Any, context: Any) -> Any:
        return made()(event, context)

    with accepting_tokens(app):
        yield handle
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was written since the last call, each line as the JSON that it must be."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
