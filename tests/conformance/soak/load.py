"""Mixed requests over many connections, and what came back."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.conformance.soak.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the request's kind and number, the gateway's id for it, the status, and whether a function made it.

    The gateway itself answers where an environment has been killed.
    """

    kind: Kind
    number: int
    request_id: str
    status: int
    by_function: bool


@dataclass
class Load:
    """Sends so many requests, numbered from `first`, each once; `answers` grows as they are answered.

    `headers` makes those of a request from its kind and number.
    """

    url: str
    requests: int
    headers: Callable[[Kind, int], dict[str, str]]
    first: int = 0
    kinds: Sequence[Kind] = KINDS
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
        weights = [kind.weight for kind in self.kinds]
        async with httpx2.AsyncClient(base_url=self.url, timeout=60) as client:
            while (number := next(self._numbers)) < self.first + self.requests:
                [kind] = dice.choices(self.kinds, weights)
                sent = {"headers": {}, **kind.send(number)}
                sent["headers"] = {**sent["headers"], **self.headers(kind, number)}
                answer = await client.request(kind.method, kind.path, **sent)
                by_function = "x-request-id" in answer.headers
                request_id = answer.headers["apigw-requestid"]
                self.answers.append(Answer(kind, number, request_id, answer.status_code, by_function))
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
