"""Mixed requests over many connections, and what came back."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

type Make = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: what is sent (`body` takes the request's number) and the status that answers it.

    A signed one shows the load's token.
    """

    method: str
    path: str
    status: int
    weight: int
    body: Make | None = None
    signed: bool = False


def _isbn(number: int) -> str:
    digits = f"978{number:09}"
    return digits + str(-sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits)) % 10)


def _book(number: int) -> dict[str, str]:
    return {"title": "Dune", "author": "F. H.", "isbn": _isbn(number)}


KINDS = (
    Kind("GET", "/users/1", 200, 30),
    Kind("GET", "/api/v1/users/2", 200, 10),
    Kind("GET", "/", 200, 5),
    Kind("GET", "/api/v1/books/health", 200, 10),
    Kind("GET", "/users/77", 404, 5),
    Kind("GET", "/api/v1/books/019b76da-a800-7000-8000-00000000ffff", 404, 15),
    Kind("GET", "/nowhere", 404, 5),
    Kind("GET", "/users/abc", 422, 5),
    Kind("POST", "/users/", 409, 3, lambda _: {"email": "cto@example.com", "username": "again"}),
    Kind("POST", "/users/", 422, 2, lambda _: {"email": "x" * 200_000}),
    Kind("POST", "/users/", 201, 5, lambda number: {"email": f"{number}@example.com", "username": "soaked"}),
    Kind("POST", "/api/v1/books", 201, 5, _book, signed=True),
    Kind("GET", "/api/v1/books?limit=5", 200, 5),
    Kind("GET", "/api/v1/books/loans", 200, 5, signed=True),
    Kind("GET", "/api/v1/books/loans", 401, 2),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the request's kind, the gateway's id for it, the status."""

    kind: Kind
    request_id: str
    status: int


@dataclass
class Load:
    """Sends so many requests, numbered from `first`, each once; `answers` grows as they are answered.

    `token` is the header that signed requests carry.
    """

    url: str
    requests: int
    token: dict[str, str]
    first: int = 0
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(self.first)
        self._progress = asyncio.Condition()

    async def send(self, connections: int) -> None:
        """Return when every request is answered; raise when one is not."""
        async with asyncio.TaskGroup() as group:
            for seed in range(connections):
                group.create_task(self._send(random.Random(seed)))  # noqa: S311 - the same mixture every time

    async def reached(self, count: int) -> None:
        """Return when that many requests are answered."""
        async with self._progress:
            await self._progress.wait_for(lambda: len(self.answers) >= count)

    async def _send(self, dice: random.Random) -> None:
        async with httpx2.AsyncClient(base_url=self.url, timeout=60) as client:
            while (number := next(self._numbers)) < self.first + self.requests:
                [kind] = dice.choices(KINDS, [kind.weight for kind in KINDS])
                body = kind.body(number) if kind.body else None
                headers = self.token if kind.signed else None
                answer = await client.request(kind.method, kind.path, json=body, headers=headers)
                self.answers.append(Answer(kind, answer.headers["apigw-requestid"], answer.status_code))
                async with self._progress:
                    self._progress.notify_all()


@asynccontextmanager
async def meanwhile(*coroutines: Any) -> AsyncIterator[None]:
    """Run coroutines beside the block; they are cancelled when it ends, and it fails when one of them does."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [end for end in ended if isinstance(end, Exception)]
    if errors:
        raise ExceptionGroup("beside the load", errors)
