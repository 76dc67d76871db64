import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from local_aws.comparison.conversation import Conversation, Exchange
from local_aws.comparison.verify_emulator import differences
from local_aws.model.deployment import Api, Deployment, Route
from tests.local_aws.zips import a_function

FUNCTION = a_function()
DOCUMENTED = {"a documented event": {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/"}}


class Functions:
    """A function that makes an id of each kind for a POST, and else echoes the path."""

    def __init__(self, seed: int, *, greeting: str = "hello") -> None:
        self._seed = seed
        self._greeting = greeting
        self.events: list[Mapping[str, Any]] = []

    async def invoke(self, arn: str, event: Mapping[str, Any]) -> Any:
        assert arn == FUNCTION.arn
        self.events.append(event)
        if event["requestContext"]["http"]["method"] != "POST":
            return {"statusCode": 200, "headers": {}, "body": f"{self._greeting} {event['rawPath']}"}
        made = {
            "id": 114945704618890 + self._seed,
            "film": f"019b76da-a800-7000-8000-{self._seed:012}",
            "at": f"2026-11-22T02:25:47.{self._seed:06}Z",
            "token": f"eyJhbGciOi.{self._seed}.c2lnbmVk",
        }
        location = f"/films/{made['film']}"
        return {"statusCode": 201, "headers": {"location": location}, "body": json.dumps(made)}


def held(functions: Functions) -> Conversation:
    deployment = Deployment(Api("abc123"), (Route("$default", FUNCTION.arn),), {FUNCTION.arn: FUNCTION})
    conversation = Conversation(deployment, functions.invoke)

    async def hold() -> None:
        await conversation.hand(DOCUMENTED)
        made = await conversation.ask("POST", "/films", b"{}", ("content-type", "application/json"))
        await conversation.ask("GET", made["headers"]["location"])
        await conversation.ask("GET", "/films?limit=1")

    asyncio.run(hold())
    return conversation


def test_generated_values_do_not_differ_and_are_reported() -> None:
    ours, theirs = held(Functions(10_000)), held(Functions(20_000))
    assert ours.exchanges == theirs.exchanges
    assert ours.normalised == ["<uuid 1>", "<number 2>", "<time 3>", "<token 4>"]
    assert ours.exchanges[2].name == "GET /films/<uuid 1> (2)"


def test_both_sides_get_the_same_events() -> None:
    ours, theirs = Functions(10_000), Functions(10_000)
    held(ours)
    held(theirs)
    assert ours.events == theirs.events
    assert len(ours.events) == 4


def test_differing_response_is_shown_from_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    found = differences(held(Functions(10_000)).exchanges, held(Functions(10_000, greeting="hi")).exchanges)
    output = capsys.readouterr().out
    assert output.count("DIFFERENT") == len(found) == 3
    assert "same       201 POST /films" in output
    assert "hello /films" in "".join(found)
    assert "hi /films" in "".join(found)


def test_conversations_of_different_lengths_are_not_compared() -> None:
    with pytest.raises(ValueError, match="shorter"):
        differences([Exchange("GET /", {"statusCode": 200})], [])
