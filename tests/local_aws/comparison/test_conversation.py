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


class Answers:
    """A function that makes one thing per path, with a new id, and else shows the path that it was asked for."""

    def __init__(self, first_id: int, *, greeting: str = "hello") -> None:
        self._next = first_id
        self._greeting = greeting
        self._made: set[str] = set()
        self.events: list[Mapping[str, Any]] = []

    async def invoke(self, arn: str, event: Mapping[str, Any]) -> Any:
        assert arn == FUNCTION.arn
        self.events.append(event)
        path = event["rawPath"]
        if event["requestContext"]["http"]["method"] == "PUT":
            return {"statusCode": 201, "headers": {}, "body": json.dumps({"lent_at": f"at {self._next}"})}
        if event["requestContext"]["http"]["method"] != "POST":
            return {"statusCode": 200, "headers": {}, "body": f"{self._greeting} {path}"}
        if path.endswith("/token"):
            return {"statusCode": 200, "headers": {}, "body": json.dumps({"access_token": f"token {self._next}"})}
        if path.endswith("/books") and "authorization" not in event["headers"]:
            return {"statusCode": 401, "headers": {}, "body": "who asks?"}
        if path in self._made:
            return {"statusCode": 409, "headers": {}, "body": "there already"}
        self._made.add(path)
        self._next += 1
        location = f"{path.rstrip('/')}/{self._next}"
        return {"statusCode": 201, "headers": {"location": location}, "body": json.dumps({"id": self._next})}


def held(answers: Answers) -> Conversation:
    deployment = Deployment(Api("abc123"), (Route("$default", FUNCTION.arn),), {FUNCTION.arn: FUNCTION})
    conversation = Conversation(deployment, answers.invoke)
    asyncio.run(
        conversation.hold({"a documented event": {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/"}})
    )
    return conversation


def test_ids_that_are_made_anew_do_not_differ_and_are_named() -> None:
    ours, theirs = held(Answers(10_000)), held(Answers(20_000))
    assert ours.exchanges == theirs.exchanges
    assert ours.normalised == [
        "the id of what POST made in users",
        "the token of who logged in",
        "the id of what POST made in books",
        "the time of the loan",
    ]


def test_what_was_made_is_read_where_the_answer_says_that_it_is() -> None:
    answers = Answers(10_000)
    held(answers)
    paths = [event["rawPath"] for event in answers.events]
    assert "/users/10001" in paths


def test_both_sides_get_the_very_same_events_but_for_new_ids() -> None:
    ours, theirs = Answers(10_000), Answers(10_000)
    held(ours)
    held(theirs)
    assert ours.events == theirs.events
    assert len(ours.events) > 30


def test_an_answer_that_differs_is_shown_from_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    found = differences(held(Answers(10_000)).exchanges, held(Answers(10_000, greeting="hi")).exchanges)
    said = capsys.readouterr().out
    assert said.count("DIFFERENT") == len(found) > 10
    assert "same       201 POST /users/" in said
    assert "hello /users/77" in "".join(found)
    assert "hi /users/77" in "".join(found)


def test_a_side_that_answers_less_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="shorter"):
        differences([Exchange("GET /", {"statusCode": 200})], [])
