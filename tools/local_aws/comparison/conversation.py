"""Requests to Bookshelf that follow from each other, and the answers of its functions, for comparing environments."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from local_aws.apigateway import events
from local_aws.apigateway.events import Request
from local_aws.apigateway.routing import Router
from local_aws.model.deployment import Deployment
from local_aws.xray.trace import TraceHeader

type Invoke = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Hands an event to the function with this ARN; returns what it returned, read from JSON."""

_NOW = datetime(2026, 3, 12, 19, 3, 58, tzinfo=UTC)
_TRACE = TraceHeader("1-5e6b4a90-0123456789abcdef01234567")
_JSON = ("content-type", "application/json")
_FORM = ("content-type", "application/x-www-form-urlencoded")
_USER = {"email": "emulated@example.com", "username": "emulated", "password": "correct horse battery staple"}
_LOGIN = urlencode({"grant_type": "password", "username": _USER["email"], "password": _USER["password"]})
_BOOK = {"title": "Dune 📚", "author": "Frank Herbert", "isbn": "9780441172719", "tags": ["science fiction"]}
_READ = (
    "/",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/nowhere?a=1&a=2",
    "/users/1",
    "/users/1/",
    "/users/77",
    "/users/abc",
    "/api/v1/users/2",
    "/api/v1/users/health",
    "/api/v1/users/openapi.json",
    "/api/v1/books/health",
    "/api/v1/books/openapi.json",
    "/api/v1/books/019b76da-a800-7000-8000-00000000ffff",
    "/api/v1/books",
    "/api/v1/books?tag=craft&limit=1",
    "/api/v1/books?cursor=damaged",
    "/api/v1/books/loans",
    "/api/v1/books/a/b",
    "/api/v1/books/caf%C3%A9",
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request's name, and the function's answer without what differs from run to run."""

    name: str
    answer: Any


class Conversation:
    """Asks the functions of a deployment through `invoke`; the same questions, as long as the answers are the same.

    `normalised` says what was replaced in the answers: ids, tokens and times that the services make anew each time.
    """

    def __init__(self, deployment: Deployment, invoke: Invoke) -> None:
        self._deployment = deployment
        self._router = Router(deployment.routes)
        self._invoke = invoke
        self._replaced: dict[str, str] = {}
        self.exchanges: list[Exchange] = []
        self.normalised: list[str] = []

    async def hold(self, documented: Mapping[str, Any]) -> None:
        """Send AWS's documented events (name => event) to every function, then Bookshelf's own."""
        for arn, function in self._deployment.functions.items():
            for name, event in documented.items():
                answer = await self._invoke(arn, event)
                self.exchanges.append(Exchange(f"{name} to {function.name}", answer))
        for target in _READ:
            await self._ask("GET", target)
        await self._ask("HEAD", "/")
        await self._ask("DELETE", "/api/v1/books")
        await self._make("/users/", _USER, {"email": "no address"})
        await self._ask("POST", "/api/v1/books", json.dumps(_BOOK).encode(), _JSON)
        login = await self._ask("POST", "/api/v1/users/token", _LOGIN.encode(), _FORM)
        token = ("authorization", f"Bearer {self._new(login, 'access_token', 'token of who logged in')}")
        book = await self._make("/api/v1/books", _BOOK, {"title": ""}, token)
        await self._ask("PATCH", book, json.dumps({"tags": ["sequel"]}).encode(), _JSON, token)
        self._new(await self._ask("PUT", f"{book}/loan", b"", token), "lent_at", "time of the loan")
        for path in (book, f"{book}/loan", book):
            await self._ask("DELETE", path, b"", token)

    async def _make(self, path: str, made: Any, refused: Any, *headers: tuple[str, str]) -> str:
        """Make something, once, and try what is refused; return where it is."""
        created = await self._ask("POST", path, json.dumps(made).encode(), _JSON, *headers)
        self._new(created, "id", f"id of what POST made in {path.strip('/').rpartition('/')[2]}")
        location: str = created["headers"]["location"]
        await self._ask("GET", location)
        for body in (json.dumps(made).encode(), json.dumps(refused).encode(), b"{"):
            await self._ask("POST", path, body, _JSON, *headers)
        await self._ask("POST", path, b"a=b", _FORM, *headers)
        return location

    def _new(self, answer: Any, field: str, name: str) -> str:
        """Return a value that is made anew each time; the answers hold its name from now on."""
        value = str(json.loads(answer["body"])[field])
        self._replaced[value] = f"<{name}>"
        self.normalised.append(f"the {name}")
        self.exchanges[-1] = Exchange(self.exchanges[-1].name, self._without_new(answer))
        return value

    def _without_new(self, answer: Any) -> Any:
        text = json.dumps(answer)
        for identity, name in self._replaced.items():
            text = text.replace(identity, name)
        return json.loads(text)

    async def _ask(self, method: str, target: str, body: bytes = b"", *more: tuple[str, str]) -> Any:
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
        name = f"{method} {self._without_new(target)} ({number})"
        self.exchanges.append(Exchange(name, self._without_new(answer)))
        return answer
