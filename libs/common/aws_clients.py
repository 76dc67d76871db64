"""The AWS clients of a process, made from one botocore session.

boto3 only adds resources and transfers to botocore, which nothing uses, and its import makes every cold start slower.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

from botocore import handlers
from botocore.config import Config
from botocore.exceptions import UnknownServiceError
from botocore.session import Session
from botocore.useragent import sanitize_user_agent_string_component
from botocore.utils import EVENT_ALIASES

from common import aws_calls


@functools.cache
def session() -> Session:
    """Return the session of this process: its clients share credentials, service models and endpoints."""
    made = Session(include_builtin_handlers=False)
    _register_handlers(made, "*")
    return made


def make_client(service: str, config: Config, clock: Callable[[], float] = time.time) -> Any:
    """Return a client; call it in INIT, where the CPU is not throttled.

    Region, endpoint and credentials come from the environment, as with boto3. The user agent is the same in every
    request, with the application's id if there is one (`AWS_SDK_UA_APP_ID`). botocore would build it again for each,
    and add which of its features the request uses. Calls end before the invocation does, as far as one attempt of
    botocore goes, and do not use connections that were idle for long.

    Args:
        service: The service's name in botocore.
        config: See `aws_calls.config`.
        clock: Returns the time in seconds.

    Raises:
        RuntimeError: The layer has no data of this service.
    """
    made = session()
    try:
        _register_handlers(made, made.get_service_model(service).service_id.hyphenize())
    except UnknownServiceError:
        raise RuntimeError(
            f"The layer has no data of the AWS service {service}: add it to aws_services in build-support/layer.toml, "
            "then make package."
        ) from None
    client = made.create_client(service, config=config.merge(Config(user_agent=_user_agent(made))))
    aws_calls.watch(client, clock)
    return client


def _user_agent(made: Session) -> str:
    application = made.get_config_variable("user_agent_appid")
    if not application:
        return made.user_agent()
    return f"{made.user_agent()} app/{sanitize_user_agent_string_component(application, allow_hash=True)}"


@functools.cache
def _register_handlers(made: Session, service: str) -> None:
    """Register botocore's own handlers of the events of one service, or of all of them (`*`).

    It has more than a hundred, for S3, EC2 and its documentation above all. To inspect them takes a session longer than
    anything else.
    """
    registering = {handlers.REGISTER_FIRST: "register_first", handlers.REGISTER_LAST: "register_last"}
    events = made.get_component("event_emitter")
    for event, handler, *order in handlers.BUILTIN_HANDLERS:
        kind, _, rest = event.partition(".")
        named = rest.partition(".")[0] or "*"
        # Some events have the name that a service had in botocore before services had ids.
        if kind != "docs" and EVENT_ALIASES.get(named, named) == service:
            getattr(events, registering[order[0]] if order else "register")(event, handler)
