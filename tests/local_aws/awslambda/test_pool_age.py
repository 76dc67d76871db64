import asyncio
from typing import override

from local_aws.awslambda.environment import Environment
from local_aws.awslambda.invocation import Invocation, Outcome
from local_aws.awslambda.pool import Pool
from local_aws.iam.credentials import SECONDS
from tests.local_aws.awslambda.sandboxes import an_invocation, answered


class Ageing(Environment):
    """An environment of the age that a test sets."""

    def __init__(self, age: float = 0.0) -> None:
        self.seconds = age
        self.served = 0
        self.ended = False

    @property
    @override
    def age(self) -> float:
        return self.seconds

    @property
    @override
    def alive(self) -> bool:
        return not self.ended

    @override
    async def initialise(self, limit: float, invocation: Invocation | None = None) -> None:
        return

    @override
    async def invoke(self, invocation: Invocation) -> Outcome:
        self.served += 1
        return Outcome(b"null")

    @override
    async def close(self) -> None:
        self.ended = True


def test_environment_is_not_used_after_its_credentials_expire() -> None:
    async def run() -> None:
        launched: list[Ageing] = []

        async def launch(_: object) -> Environment:
            launched.append(Ageing())
            return launched[-1]

        opened = Pool(launch, timeout=900, concurrency=1)
        await opened.invoke(an_invocation())
        first = launched[0]
        first.seconds = SECONDS - 3601
        await opened.invoke(an_invocation())
        assert (first.served, first.ended, len(launched)) == (2, False, 1)
        first.seconds = SECONDS - 3600
        await opened.invoke(an_invocation())
        assert (first.served, first.ended, [later.served for later in launched[1:]]) == (2, True, [1])
        launched[1].seconds = SECONDS
        await opened.invoke(an_invocation())
        await opened.close()
        assert [environment.ended for environment in launched] == [True] * 3

    asyncio.run(run())


def test_environment_that_expires_while_busy_ends_after_its_response() -> None:
    async def run() -> None:
        old = Ageing(age=SECONDS)

        async def launch(_: object) -> Environment:
            return old

        opened = Pool(launch, timeout=900, concurrency=1)
        assert answered(await opened.invoke(an_invocation())) is None
        assert (old.served, old.ended) == (1, True)
        await opened.close()

    asyncio.run(run())
