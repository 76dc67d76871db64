"""The Lambda handler: passes an invocation to an ASGI application and returns its response."""

from common import cold_start

# isort: split
import asyncio
import os
from collections.abc import Callable
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import LambdaContext

from common import deadline, runtime
from common.http import problems
from common.http.api_gateway import HttpApiEvent
from common.http.application import Application
from common.runtime import Connect
from common.settings import FunctionSettings
from common.telemetry import logs, metrics, traces

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler[Adapters](app: Application, connect: Connect[Adapters]) -> Handler:
    """Return the Lambda handler of `app`: it turns an API Gateway event (payload 2.0) into a response.

    Call it once, in Lambda's INIT. Every invocation is logged, traced below `## handler`, writes its metrics at its
    end, and lets no call of AWS take longer than it has time. Lifespan is off: Mangum would run start-up and shutdown
    on every invocation.

    Args:
        app: The application.
        connect: Creates the adapters of the service.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    settings = FunctionSettings.from_environment(os.environ)
    logs.start(settings.log_level, environment=settings.environment, version=app.version)
    traces.start(settings.tracing, os.environ, stage=settings.environment, version=app.version)
    runtime.start(app, settings, os.environ, connect)
    if settings.aws_lambda_initialization_type != "on-demand":
        # No request waits for this INIT, so it does the work that requests would wait for.
        app.analyse_routes()
    if settings.aws_lambda_initialization_type == "snap-start":
        from common import snapshots  # noqa: PLC0415 - other environments need not read the file

        snapshots.renew_after_restore(runtime.runtime_of(app))
    # Mangum uses the current event loop; making one implicitly is deprecated since Python 3.12.
    asyncio.set_event_loop(asyncio.new_event_loop())
    # Mangum encodes responses of all other media types as base64.
    adapter = Mangum(
        app,
        lifespan="off",
        custom_handlers=[HttpApiEvent],
        text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, problems.MEDIA_TYPE],
    )

    # An event contains bodies and tokens, so not even POWERTOOLS_LOGGER_LOG_EVENT may log it.
    @logs.logger().inject_lambda_context(clear_state=True, log_event=False)
    @traces.traced
    @metrics.published
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        deadline.begin(context.get_remaining_time_in_millis())
        try:
            return adapter(event, context)
        finally:
            deadline.end()

    decorated: Handler = handler
    cold_start.end_init()
    return decorated
