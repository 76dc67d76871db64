"""AWS's documented example events and responses, through the gateway; each file names its source."""

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.model.deployment import Api, Route
from tests.local_aws.apigateway.gateways import ARN, Function, serving

FOLDER = Path(__file__).parent / "aws_events"
EXAMPLES = ("api_gateway_guide", "lambda_guide")
ANSWERS = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))["answers"]


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def wire(request: dict[str, Any]) -> bytes:
    lines = [f"{request['method']} {request['target']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in (*request["headers"], ("Connection", "close"))]
    return "\r\n".join([*lines, "", request["body"]]).encode()


def without(event: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    left = copy.deepcopy(event)
    for path in paths:
        *parents, name = path.split(".")
        at = left
        for parent in parents:
            at = at[parent]
        at.pop(name, None)
    return left


async def exchanged(function: Function, shown: dict[str, Any]) -> bytes:
    api = Api(shown["api_id"], stage_variables=shown["stage_variables"])
    async with serving(function, api=api, routes=[Route(shown["route_key"], ARN)]) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(wire(shown["request"]))
        documented = await reader.read()
        writer.close()
        return documented


@pytest.mark.parametrize("name", EXAMPLES)
def test_request_gives_the_documented_event(name: str) -> None:
    async def run() -> None:
        shown, function = example(name), Function()
        assert (await exchanged(function, shown)).startswith(b"HTTP/1.1 200 OK\r\n")
        (event,) = function.events
        undetermined = list(shown["undetermined"])
        assert without(event, undetermined) == without(shown["event"], undetermined)

    asyncio.run(run())


@pytest.mark.parametrize("name", EXAMPLES)
def test_request_dependent_keys_are_compared(name: str) -> None:
    undetermined = example(name)["undetermined"]
    assert not {"version", "rawPath", "rawQueryString", "cookies", "queryStringParameters", "body"} & set(undetermined)


@pytest.mark.parametrize("documented", ANSWERS, ids=lambda documented: json.dumps(documented["output"])[:60])
@pytest.mark.parametrize("name", EXAMPLES)
def test_function_output_gives_the_documented_response(name: str, documented: dict[str, Any]) -> None:
    async def run() -> None:
        received = await exchanged(Function(lambda _: documented["output"]), example(name))
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = [(line.partition(": ")[0].lower(), line.partition(": ")[2]) for line in lines]
        headers = {name: value for name, value in pairs if name not in {"set-cookie", "date", "connection"}}
        assert int(status.split()[1]) == documented["status"]
        assert [value for name, value in pairs if name == "set-cookie"] == documented["cookies"]
        assert len(headers.pop("apigw-requestid")) == 16
        assert int(headers.pop("content-length")) == len(body)
        assert headers == documented["headers"]
        assert body.decode() == documented["body"]

    asyncio.run(run())
