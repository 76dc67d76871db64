"""Pools of real environments, and a function that waits for the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local_aws.awslambda.pool import Pool
from tests.local_aws.awslambda.gate import PASS
from tests.local_aws.awslambda.sandboxes import Sandbox, sandbox

PID = (
    PASS
    + """
import os
def handler(event, context):
    if event:
        pass_gate(event)
    return os.getpid()
"""
)


@asynccontextmanager
async def pool(
    source: str, work: Path, runtime: Path, concurrency: int = 2, **options: Any
) -> AsyncIterator[tuple[Pool, Sandbox]]:
    async with sandbox(source, work, runtime, timeout=30) as made:
        opened = Pool(made.launch, timeout=30, concurrency=concurrency, **options)
        try:
            yield opened, made
        finally:
            await opened.close()
