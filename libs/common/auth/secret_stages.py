"""Reads the stages of a secret in Secrets Manager, through Powertools Parameters."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.config import Config
from botocore.exceptions import ClientError

from common.auth.keys import CURRENT, PREVIOUS, SHORTEST_KEY, SecretUnavailable, SigningKey
from common.telemetry import logs, traces

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS: Final = 300
# How long no call is made after a failure: with a cached key, and without one.
KEPT_SECONDS: Final = 30.0
SILENT_SECONDS: Final = 1.0
FIELD: Final = "jwt_secret"
# One call ends before the function's timeout, and leaves time for two attempts of DynamoDB. The second attempt is for a
# connection that died while the environment was frozen.
CONFIG: Final = Config(
    connect_timeout=1.0, read_timeout=2.0, retries={"mode": "standard", "total_max_attempts": 2}, tcp_keepalive=True
)


class SecretUnusable(Exception):  # noqa: N818 - becomes SecretUnavailable if no key is cached
    """The secret holds no usable key; the message says what it should hold and never quotes it."""


class SecretStages:
    """The stages of a secret in Secrets Manager, each fetched on first use and cached for five minutes.

    While Secrets Manager fails, the cached value is used even if it is older.

    Args:
        client: A client of Secrets Manager.
        secret_id: The secret's name or ARN.
        clock: Returns a monotonic time in seconds.
    """

    def __init__(
        self, client: "SecretsManagerClient", secret_id: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        # Parameters' cache key does not contain the stage, so each stage has its own provider and cache.
        self.providers = {stage: SecretsProvider(boto3_client=client) for stage in (CURRENT, PREVIOUS)}
        self._reset()

    def _reset(self) -> None:
        self._kept: dict[str, SigningKey | None] = {}
        self._absent_until = -math.inf
        self._failed: set[str] = set()
        self._silent_until = -math.inf

    def forget(self) -> None:
        """See `Stages.forget`."""
        self._reset()
        for provider in self.providers.values():
            provider.store.clear()
        self._client.close()

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        """See `Stages.read`; for a while after a failure no stage is fetched, not even with `force`."""
        now = self._clock()
        if now < self._silent_until or (stage == PREVIOUS and now < self._absent_until and not force):
            return self._known(stage)
        try:
            # After a failure Parameters may have cached an unusable value.
            found = self._fetch(stage, force=force or stage in self._failed)
        except (GetParameterError, TransformParameterError, SecretUnusable) as error:
            if stage == PREVIOUS and _is_absent(error):
                # A secret that was never rotated has no such stage, and Parameters does not cache the error.
                self._absent_until = now + MAX_AGE_SECONDS
                found = None
            else:
                return self._failure(stage, error)
        self._failed.discard(stage)
        self._kept[stage] = found
        return found

    def _fetch(self, stage: str, *, force: bool) -> SigningKey | None:
        document: Any = self.providers[stage].get(
            self._secret_id, max_age=MAX_AGE_SECONDS, transform="json", force_fetch=force, VersionStage=stage
        )
        return _key(document)

    def _failure(self, stage: str, error: Exception) -> SigningKey | None:
        kept = stage in self._kept
        self._failed.add(stage)
        self._silent_until = self._clock() + (KEPT_SECONDS if kept else SILENT_SECONDS)
        log = logs.logger().warning if kept else logs.logger().error
        log("A secret could not be read", extra={"secret": self._secret_id, "stage": stage, "reason": _reason(error)})
        return self._known(stage)

    def _known(self, stage: str) -> SigningKey | None:
        if stage not in self._kept:
            raise SecretUnavailable("Please try again.")
        return self._kept[stage]


def make_secrets_client() -> "SecretsManagerClient":
    """Return a client of Secrets Manager whose calls are traced; call it in INIT, where the CPU is not throttled."""
    client: SecretsManagerClient = boto3.client("secretsmanager", config=CONFIG)
    traces.watch(client)
    return client


def _key(document: object) -> SigningKey:
    value = document.get(FIELD) if isinstance(document, dict) else None
    try:
        if isinstance(value, str) and len(value.encode()) >= SHORTEST_KEY:
            return SigningKey.of(value)
    except UnicodeEncodeError:
        pass
    raise SecretUnusable(f"{FIELD} must be a string of at least {SHORTEST_KEY} bytes")


def _is_absent(error: Exception) -> bool:
    """Return whether the stage has no usable key: it is missing, or its value is not a key."""
    cause = error.__context__
    missing = isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ResourceNotFoundException"
    return missing or isinstance(error, (SecretUnusable, TransformParameterError))


def _reason(error: Exception) -> str:
    """Return the part of an error that may be logged; a parser's message could quote the secret."""
    cause = error.__context__
    if isinstance(error, SecretUnusable):
        return str(error)
    if isinstance(error, TransformParameterError):
        return f'the secret must be JSON: {{"{FIELD}": ...}}'
    return str(cause) if isinstance(cause, ClientError) else type(cause).__name__
