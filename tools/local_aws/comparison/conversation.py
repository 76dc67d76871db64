"""Sends sequences of requests to a deployment's functions and records the responses, to compare environments."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from local_aws.apigateway import events
from local_aws.apigateway.events import Request
from local_aws.apigateway.routing import Router
from local_aws.model.deployment import Deployment
from local_aws.xray.trace import TraceHeader

type Invoke = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Invokes the function with this ARN, and returns its result, parsed from JSON."""

_NOW: Final = datetime(2026, 3, 12, 19, 3, 58, tzinfo=UTC)
_TRACE: Final = TraceHeader("1-5e6b4a90-0123456789abcdef01234567")
# Values that differ in each run, with the names of their placeholders.
_NEW: Final = re.compile(
    r"(?P<token>eyJ[\w-]+\.[\w-]+\.[\w-]+)"
    r"|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"|(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]+Z)"
    r"|(?P<number>(?<![0-9])[0-9]{15,16}(?![0-9]))"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The name of a request, and the function's response with placeholders for values that differ in each run."""

    name: str
    answer: Any


class Conversation:
    """Sends requests to the functions of a deployment through `invoke`, and records the exchanges.

    Generated ids, tokens and times are replaced by numbered placeholders, so that two conversations with the same
    requests are equal if the functions behave the same.
    """

    def __init__(self, deployment: Deployment, invoke: Invoke) -> None:
        self._deployment = deployment
        self._router = Router(deployment.routes)
        self._invoke = invoke
        self._replaced: dict[str, str] = {}
        self.exchanges: list[Exchange] = []

    @property
    def normalised(self) -> list[str]:
        """The placeholders of generated values, in the order of appearance."""
        return list(self._replaced.values())

    async def hand(self, documented: Mapping[str, Any]) -> None:
        """Invoke every function with these events (name => event)."""
        for arn, function in self._deployment.functions.items():
            for name, event in documented.items():
                self.exchanges.append(Exchange(f"{name} to {function.name}", await self._invoke(arn, event)))

    async def ask(self, method: str, target: str, body: bytes = b"", *more: tuple[str, str]) -> Any:
        """Send a request through the deployment's routes, and return the function's response.

        Raises:
            LookupError: No route matches.
        """
        path, _, query = target.partition("?")
        headers = (("host", "example.com"), ("user-agent", "conversation"), *more)
        request = Request(method, path, query, headers, body, "192.0.2.1", 443, "HTTP/1.1", _TRACE)
        match = self._router.match(method, path)
        if match is None:
            raise LookupError(f"no route for {method} {path}")
        api = self._deployment.api
        number = len(self.exchanges)
        context = events.request_context(
            request, match.route.key, api, account=self._deployment.account, request_id=f"request-{number:08}", now=_NOW
        )
        answer = await self._invoke(match.route.function_arn, events.event(request, match, api, context))
        name = f"{method} {self._normalised(target)} ({number})"
        self.exchanges.append(Exchange(name, json.loads(self._normalised(json.dumps(answer)))))
        return answer

    def _normalised(self, text: str) -> str:
        def name(match: re.Match[str]) -> str:
            return self._replaced.setdefault(match[0], f"<{match.lastgroup} {len(self._replaced) + 1}>")

        return _NEW.sub(name, text)
