"""A service's own `handler.py`, imported as Lambda would: once, in an environment that Terraform wrote."""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from common.auth import keys as secrets
from common.dynamodb import client as dynamodb
from common.lambda_handler import Handler
from tests.support.tables import make_table
from tests.support.tokens import KEY

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@contextmanager
def packaged_like(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """Return the handler of `service` on a table and a secret of its own; close what Lambda would keep for life."""
    with mock_aws(), imported_afresh(service):
        monkeypatch.setenv("TABLE_NAME", make_table(dynamodb.client(), service))
        make_secret()
        yield importlib.import_module(f"{service}.handler").handler


def make_secret() -> None:
    """Keep the key of `tests.support.tokens` where the function's environment says that it is."""
    client: SecretsManagerClient = boto3.client("secretsmanager")
    with closing(client):
        document = json.dumps({"jwt_secret": KEY.value})
        client.create_secret(Name=os.environ["JWT_SECRET_ID"], SecretString=document)


@contextmanager
def imported_afresh(service: str) -> Iterator[None]:
    """Let the next import of the service's handler connect again; afterwards forget it and the loop that it made."""
    caches = (importlib.import_module(f"{service}.dependencies").connect, dynamodb.client, secrets.signing_keys)
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
