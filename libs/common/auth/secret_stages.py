"""Reads the stages of a secret in Secrets Manager, and caches them."""

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from common import aws_calls
from common.auth.keys import PREVIOUS, SHORTEST_KEY, SecretUnavailable, SigningKey
from common.aws_calls import AwsCall, CallFailed
from common.aws_clients import make_client
from common.telemetry import logs, traces

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS: Final = 300
# How long no call is made after a failure, or for a stage without a key, and if another key than the cached one is
# needed.
KEPT_SECONDS: Final = 30.0
SILENT_SECONDS: Final = 1.0
AGAIN: Final = "Please try again."
FIELD: Final = "jwt_secret"
# The second attempt is for a connection that died while the environment was frozen.
ATTEMPTS: Final = 2
CONFIG: Final = aws_calls.config(2.0)

type Level = Literal["error", "warning"]


class SecretUnusable(Exception):  # noqa: N818 - becomes SecretUnavailable if no key is cached
    """The secret holds no usable key; the message says what it should hold and never quotes it."""


class SecretStages:
    """The stages of a secret in Secrets Manager, each fetched on first use and cached for five minutes.

    While Secrets Manager fails, the cached value is used even if it is older, unless it has to be fetched.

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
        self._reset()

    def _reset(self) -> None:
        self._kept: dict[str, SigningKey | None] = {}
        self._fresh_until: dict[str, float] = {}
        self._failed_at = -math.inf
        self._failed: dict[str, Any] = {}
        self._is_doubted = False

    def forget(self) -> None:
        """See `Stages.forget`."""
        self._reset()
        self._client.close()

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        """See `Stages.read`; for a while after a failure no stage is fetched, with `force` for a second only."""
        now = self._clock()
        cached_is_enough = stage in self._kept and not force
        if cached_is_enough and now < self._fresh_until.get(stage, -math.inf):
            return self._kept[stage]
        if now < self._failed_at + (KEPT_SECONDS if cached_is_enough else SILENT_SECONDS):
            if cached_is_enough:
                return self._kept[stage]
            self._log("error", stage, self._failed | {"aws_attempts": 0}, "A call failed less than a second ago.")
            raise SecretUnavailable(AGAIN)
        call = AwsCall(self._client, "get_secret_value", aws_calls.judged, attempts=ATTEMPTS)
        try:
            self._kept[stage] = self._fetch(stage, call, force=force)
        except (BotoCoreError, CallFailed, ClientError, SecretUnusable) as error:
            self._note(stage, call, error, "warning" if cached_is_enough else "error")
            if cached_is_enough:
                return self._kept[stage]
            raise SecretUnavailable(AGAIN) from error
        self._fresh_until[stage] = now + (KEPT_SECONDS if self._kept[stage] is None else MAX_AGE_SECONDS)
        return self._kept[stage]

    def _fetch(self, stage: str, call: AwsCall, *, force: bool) -> SigningKey | None:
        try:
            key = _key(call.make({"SecretId": self._secret_id, "VersionStage": stage}))
        except (ClientError, SecretUnusable) as error:
            if stage != PREVIOUS or not _is_absent(error):
                raise
            # A secret that was never rotated has no such stage. One that must be fetched was the current one a moment
            # ago, so only a second response is believed.
            self._is_doubted = force and not self._is_doubted
            if self._is_doubted:
                raise
            return None
        if stage == PREVIOUS:
            self._is_doubted = False
        return key

    def _note(self, stage: str, call: AwsCall, error: Exception, level: Level) -> None:
        self._fresh_until.pop(stage, None)
        if call.fields["aws_attempts"]:  # Otherwise this invocation had no time, but the next one may have.
            self._failed_at, self._failed = self._clock(), call.fields
        # The message of a client's own error may quote parts of its configuration.
        told = error.__cause__ if isinstance(error, CallFailed) and error.__cause__ else error
        reason = type(told).__name__ if isinstance(told, BotoCoreError) else str(told)
        self._log(level, stage, call.fields, reason)

    def _log(self, level: Level, stage: str, call: Mapping[str, Any], reason: str) -> None:
        keys = {"secret": self._secret_id, "stage": stage, "reason": reason}
        log = logs.logger().error if level == "error" else logs.logger().warning
        log("A secret could not be read", extra={**keys, **call})


def make_secrets_client() -> "SecretsManagerClient":
    """Return a client of Secrets Manager whose calls are traced; call it in INIT, where the CPU is not throttled."""
    client: SecretsManagerClient = make_client("secretsmanager", CONFIG)
    traces.watch(client)
    return client


def _key(secret: Mapping[str, Any]) -> SigningKey:
    try:
        document = json.loads(secret.get("SecretString") or secret["SecretBinary"])
    except (ValueError, RecursionError):
        # A parser's message could quote the secret.
        raise SecretUnusable(f'the secret must be JSON: {{"{FIELD}": ...}}') from None
    value = document.get(FIELD) if isinstance(document, dict) else None
    try:
        if isinstance(value, str) and len(value.encode()) >= SHORTEST_KEY:
            return SigningKey.of(value)
    except UnicodeEncodeError:
        pass
    raise SecretUnusable(f"{FIELD} must be a string of at least {SHORTEST_KEY} bytes")


def _is_absent(error: ClientError | SecretUnusable) -> bool:
    """Return whether the stage has no usable key: it is missing, or its value is not a key."""
    return isinstance(error, SecretUnusable) or error.response["Error"]["Code"] == "ResourceNotFoundException"
