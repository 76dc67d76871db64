"""A service's `handler.py`, imported as Lambda imports it: once, in the environment that Terraform sets."""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
import pytest

from common.dynamodb.client import make_client
from common.lambda_handler import Handler
from tests.support.mocked_aws import mocked_aws
from tests.support.tables import make_table
from tests.support.tokens import KEY

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@contextmanager
def packaged_like(service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """Yield the handler of a service on a table and a secret of its own; close what Lambda would keep open."""
    with mocked_aws(), imported_afresh(service), closing(make_client()) as client:
        monkeypatch.setenv("TABLE_NAME", make_table(client, service))
        make_secret()
        yield importlib.import_module(f"{service}.handler").handler


def make_secret() -> None:
    """Store the key of `tests.support.tokens` in the secret that the function's environment names."""
    client: SecretsManagerClient = boto3.client("secretsmanager")
    with closing(client):
        document = json.dumps({"jwt_secret": KEY.value})
        client.create_secret(Name=os.environ["JWT_SECRET_ID"], SecretString=document)


@contextmanager
def imported_afresh(service: str) -> Iterator[None]:
    """Drop the service's handler and its event loop afterwards, so that the next import starts again."""
    try:
        yield
    finally:
        sys.modules.pop(f"{service}.handler", None)
        with suppress(RuntimeError):  # INIT has failed before it made one
            asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)
