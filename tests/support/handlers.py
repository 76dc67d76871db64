"""Imports a service's `handler.py` as Lambda does: once, with the environment variables that Terraform sets."""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
import pytest

from common.lambda_handler import Handler
from common.dynamodb.client import make_client
from monorepo.environment import own_variables, secret_variable
from monorepo.services import services
from tests.support.mocked_aws import mocked_aws
from tests.support.tables import make_table
from tests.support.tokens import KEY

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


PREFIX = "things-test"


@contextmanager
def packaged_like(
    service: str, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str] | None = None
) -> Iterator[Handler]:
    """Yield the handler of a service with its own table and secret, and close its clients afterwards.

    Args:
        service: Its name.
        monkeypatch: Sets the environment.
        variables: The service's own variables, where they are not the local ones of its `service.yaml`.
    """
    with mocked_aws(), imported_afresh(service), closing(make_client()) as client:
        every = services()
        [file] = [each for each in every if each.name == service]
        own = own_variables(file, every, PREFIX) | {"TABLE_NAME": make_table(client, service)} | dict(variables or {})
        # Other suites set these for applications that belong to no service.
        for name in {"SERVICES", secret_variable("jwt")} - own.keys():
            monkeypatch.delenv(name, raising=False)
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        for secret in file.secrets:
            make_secret(secret, own[secret_variable(secret)])
        yield importlib.import_module(f"{service}.handler").handler


def make_secret(secret: str, name: str) -> None:
    """Store the key of `tests.support.tokens` in a secret."""
    client: SecretsManagerClient = boto3.client("secretsmanager")
    with closing(client):
        client.create_secret(Name=name, SecretString=json.dumps({f"{secret}_secret": KEY.value}))


@contextmanager
def imported_afresh(service: str) -> Iterator[None]:
    """Drop what INIT left (handler, event loop, an issuer's API) afterwards, so that the next import runs it again."""
    try:
        yield
    finally:
        sys.modules.pop(f"{service}.handler", None)
        if f"{service}.app" in sys.modules:
            sys.modules[f"{service}.app"].app.serve_api(with_issuer=False)
        with suppress(RuntimeError):  # INIT failed before it created a loop
            asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)
