"""A service's own `handler.py`, imported as Lambda would: once, in an environment that Terraform wrote."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

from common import dynamodb
from common.lambda_handler import Handler
from tests.support.tables import make_table


@contextmanager
def packaged_like(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """Return the handler of `service` on a table of its own; close what a process on Lambda would keep for life."""
    with mock_aws(), imported_afresh(service):
        monkeypatch.setenv("TABLE_NAME", make_table(dynamodb.client(), service))
        yield importlib.import_module(f"{service}.handler").handler


@contextmanager
def imported_afresh(service: str) -> Iterator[None]:
    """Let the next import of the service's handler connect again; afterwards forget it and the loop that it made."""
    caches = (importlib.import_module(f"{service}.dependencies").connect, dynamodb.client)
    for cache in caches:
        cache.cache_clear()
    try:
        yield
    finally:
        sys.modules.pop(f"{service}.handler", None)
        asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)
        for cache in caches:
            cache.cache_clear()
