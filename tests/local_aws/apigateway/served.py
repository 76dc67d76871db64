"""A real data plane with functions from zips, and raw connections to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx2

from local_aws.data_plane.server import DataPlane
from local_aws.model.deployment import Archive, Deployment
from tests.local_aws.zips import CONTROL_PLANE, Zips, a_deployment, a_function, assume, deliver, unmounted

ECHO = """
    import json, os, time
    def handler(event, context):
        if event["rawPath"] == "/slow":
            time.sleep(600)
        if event["rawPath"] == "/boom":
            raise RuntimeError("boom")
        if event["rawPath"] == "/exit":
            os._exit(1)
        if event["rawPath"] == "/bare":
            return {"statusCode": 204, "headers": {"x-test": "1"}}
        if event["rawPath"] == "/wrong":
            return {"statusCode": "many"}
        if event["rawPath"] == "/large":
            return {"statusCode": 200, "body": "x" * 5_000_000}
        return {"statusCode": 200, "headers": {"content-type": "application/json"}, "cookies": ["a=1", "b=2"],
                "body": json.dumps(event)}
"""


class Applied:
    """The applied deployment, set by a test."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def read(self, environment: Mapping[str, str]) -> Deployment:
        assert environment == CONTROL_PLANE
        return self.deployment


def zipped(zips: Zips, source: str) -> Archive:
    return zips.add({"main.py": dedent(source)})


@asynccontextmanager
async def served(applied: Applied, work: Path, **options: Any) -> AsyncIterator[tuple[DataPlane, httpx2.AsyncClient]]:
    async with (
        DataPlane(
            CONTROL_PLANE, work, read=applied.read, assume=assume, deliver=deliver, mountable=unmounted, **options
        ) as plane,
        httpx2.AsyncClient(base_url=plane.url, timeout=30) as client,
    ):
        yield plane, client


@asynccontextmanager
async def echo(zips: Zips, work: Path, **options: Any) -> AsyncIterator[tuple[DataPlane, httpx2.AsyncClient]]:
    function = a_function(code=zipped(zips, ECHO), timeout=10)
    async with served(Applied(a_deployment(function)), work, **options) as both:
        yield both


async def connected(plane: DataPlane) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(plane.url.rpartition(":")[2]))


async def exchange(plane: DataPlane, sent: bytes) -> bytes:
    """Send bytes over a new connection; return everything received until the gateway closes it."""
    reader, writer = await connected(plane)
    writer.write(sent)
    await writer.drain()
    async with asyncio.timeout(20):
        response = await reader.read()
    writer.close()
    await writer.wait_closed()
    return response
