"""The settings, clients and keys that a function creates once, in INIT."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI

from common.auth.issuer import Issuer, IssuerSettings
from common.auth.keys import KeyRing, NoKeys, StagedKeys
from common.auth.secret_stages import SecretStages, make_secrets_client
from common.auth.tokens import NO_TOKENS, TokenSettings
from common.dynamodb.client import make_client
from common.dynamodb.shards import Shards
from common.dynamodb.table import Table
from common.http import documentation
from common.http.application import Application
from common.settings import FunctionSettings, ListSettings, SecretSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The settings and clients of one application.

    Attributes:
        environment: The environment variables, from which the service reads its own settings.
        tokens: Issuer and audience of the product's own tokens.
        keys: The keys that sign them.
        issuer: The issuer whose tokens API Gateway verifies; None: there are only own tokens.
        dynamodb: A client of DynamoDB.
        shards: Over how many index keys each list is spread.
    """

    # It holds the function's credentials.
    environment: Mapping[str, str] = field(repr=False)
    tokens: TokenSettings
    keys: KeyRing
    issuer: Issuer | None
    dynamodb: "DynamoDBClient"
    shards: Shards

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Runtime":
        """Return the runtime for these environment variables, without calling AWS.

        Raises:
            SettingsError: The environment lacks a setting.
        """
        issuer = IssuerSettings.from_environment(environment).issuer
        secret_id = SecretSettings.from_environment(environment).jwt_secret_id if issuer is None else None
        return cls(
            environment=dict(environment),
            tokens=TokenSettings.from_environment(environment) if issuer is None else NO_TOKENS,
            keys=NoKeys() if secret_id is None else StagedKeys(SecretStages(make_secrets_client(), secret_id)),
            issuer=issuer,
            dynamodb=make_client(),
            shards=ListSettings.from_environment(environment).shards,
        )

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        return Table(self.dynamodb, name, shards=self.shards)

    def reconnect(self) -> None:
        """Close the connections to AWS, and read the keys again. The clients open new connections when they are used.

        Credentials need nothing: botocore compares their expiry with the wall clock before each call.
        """
        self.dynamodb.close()
        self.keys.forget()


type Connect[Adapters] = Callable[[Runtime], Adapters]
"""Creates the adapters of a service: `connect` in its `dependencies.py`."""


def start[Adapters](
    app: Application, settings: FunctionSettings, environment: Mapping[str, str], connect: Connect[Adapters]
) -> Adapters:
    """Create the runtime and the adapters of an application, store both on `app.state`, and return the adapters.

    Args:
        app: The application.
        settings: The settings that every function has.
        environment: The function's environment variables.
        connect: Creates the adapters of the service.

    Raises:
        SettingsError: The environment lacks a setting.
    """
    runtime = Runtime.of(environment)
    app.serve_api(with_issuer=runtime.issuer is not None)
    documentation.serve(app, settings.services)
    app.state.hsts_seconds = settings.hsts_seconds
    app.state.runtime = runtime
    app.state.adapters = adapters = connect(runtime)
    return adapters


def runtime_of(app: FastAPI) -> Runtime:
    """Return the runtime of an application that was started."""
    runtime: Runtime = app.state.runtime
    return runtime
