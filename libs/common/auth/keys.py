"""The keys by which tokens are signed, from Secrets Manager through Powertools Parameters."""

import functools
import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.config import Config
from botocore.exceptions import ClientError

from common.failures import Unavailable
from common.settings import Settings
from common.telemetry import logs
from common.telemetry import traces as observability

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS: Final = 300
# After a failure: how long what is known is used without asking again, and how long nothing is asked when nothing is.
KEPT_SECONDS: Final = 30.0
SILENT_SECONDS: Final = 1.0
# How often at most a token that names an unknown key makes this process ask.
REFETCH_SECONDS: Final = 30.0
KID_CHARACTERS: Final = 16
# RFC 7518 section 3.2: a key for HS256 is at least as long as the hash.
SHORTEST_KEY: Final = 32
FIELD: Final = "jwt_secret"
CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
# One call, or DynamoDB's after it, ends before the function's timeout. The second attempt is for a connection that
# died while the environment was frozen.
CONFIG: Final = Config(
    connect_timeout=1.0, read_timeout=2.0, retries={"mode": "standard", "total_max_attempts": 2}, tcp_keepalive=True
)


class SecretUnavailable(Unavailable):
    """Secrets Manager failed or the secret is not usable, and no earlier key is known."""

    code = "secret-unavailable"
    title = "A secret could not be read in time"


class SecretUnusable(Exception):  # noqa: N818 - becomes SecretUnavailable where nothing earlier is known
    """The secret holds no usable key; the message says what it should hold, never what it holds."""


class SecretSettings(Settings):
    """Which secret holds the keys."""

    jwt_secret_id: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key for signatures and its id."""

    kid: str
    value: str = field(repr=False)

    @classmethod
    def of(cls, value: str) -> "SigningKey":
        """Return the key with its id, which is a truncated SHA-256 of it: the same wherever the key is."""
        return cls(hashlib.sha256(value.encode()).hexdigest()[:KID_CHARACTERS], value)


class Stages(Protocol):
    """Reads a secret by stage."""

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        """Return the key in that stage, or None when nothing is in it.

        Args:
            stage: `AWSCURRENT` or `AWSPREVIOUS`.
            force: Whether to ask although what is known is not old.

        Raises:
            SecretUnavailable: Nothing can be said about the stage.
        """


class SecretStages:
    """The stages of a secret in Secrets Manager, each fetched on first use and kept for five minutes.

    What was fetched once is used on while Secrets Manager does not answer.

    Args:
        client: Where the secret is.
        secret_id: The secret's name or ARN.
        clock: Seconds that pass; of any origin.
    """

    def __init__(
        self, client: "SecretsManagerClient", secret_id: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secret_id = secret_id
        self._clock = clock
        # Parameters' cache key does not hold the stage, so each has a provider, and thereby a cache, of its own.
        self.providers = {stage: SecretsProvider(boto3_client=client) for stage in (CURRENT, PREVIOUS)}
        self._kept: dict[str, SigningKey | None] = {}
        self._absent_until = -math.inf
        self._failed: set[str] = set()
        self._silent_until = -math.inf

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        """See `Stages.read`; after a failure nothing is asked for a while, whatever the stage and however urgent."""
        now = self._clock()
        if now < self._silent_until or (stage == PREVIOUS and now < self._absent_until and not force):
            return self._known(stage)
        try:
            # After a failure Parameters may hold what was of no use.
            found = self._fetch(stage, force=force or stage in self._failed)
        except (GetParameterError, TransformParameterError, SecretUnusable) as error:
            if stage == PREVIOUS and _is_absent(error):
                # A secret that was never rotated has no such stage, and Parameters does not cache that.
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


class StagedKeys:
    """The `KeyRing` on a secret: signs with the current key, accepts the previous one too."""

    def __init__(self, stages: Stages, clock: Callable[[], float] = time.monotonic) -> None:
        self._stages = stages
        self._clock = clock
        self._kid: str | None = None
        self._rotated = False
        self._refetch_from = -math.inf

    def current(self) -> SigningKey:
        """See `KeyRing.current`.

        Raises:
            SecretUnavailable: It cannot be read, and was never read before.
        """
        return self._current(force=False)

    def find(self, kid: str) -> SigningKey | None:
        """See `KeyRing.find`.

        A key that is not known here may be new: both stages are asked once more, but at most twice a minute, because
        anybody can make up an id.

        Raises:
            SecretUnavailable: A stage cannot be read, and was never read before.
        """
        known = self._find(kid, force=False)
        if known is not None or self._clock() < self._refetch_from:
            return known
        self._refetch_from = self._clock() + REFETCH_SECONDS
        return self._find(kid, force=True)

    def _find(self, kid: str, *, force: bool) -> SigningKey | None:
        current = self._current(force=force)
        if current.kid == kid and not force:
            return current
        previous = self._stages.read(PREVIOUS, force=force or self._rotated)
        self._rotated = False
        return next((key for key in (current, previous) if key is not None and key.kid == kid), None)

    def _current(self, *, force: bool) -> SigningKey:
        key = self._stages.read(CURRENT, force=force)
        if key is None:
            raise SecretUnavailable("Please try again.")
        # The two stages are not fetched at the same time: once one has changed, what is known of the other is wrong.
        self._rotated |= self._kid not in (None, key.kid)
        self._kid = key.kid
        return key


@functools.cache
def signing_keys() -> StagedKeys:
    """Return the process's keys; the first call, in INIT, makes the client and fetches nothing.

    Raises:
        SettingsError: The environment does not say which secret holds them.
    """
    secret_id = SecretSettings.from_environment(os.environ).jwt_secret_id
    client: SecretsManagerClient = boto3.client("secretsmanager", config=CONFIG)
    observability.watch(client)
    return StagedKeys(SecretStages(client, secret_id))


def _key(document: object) -> SigningKey:
    value = document.get(FIELD) if isinstance(document, dict) else None
    try:
        if isinstance(value, str) and len(value.encode()) >= SHORTEST_KEY:
            return SigningKey.of(value)
    except UnicodeEncodeError:
        pass
    raise SecretUnusable(f"{FIELD} must be a text of at least {SHORTEST_KEY} bytes")


def _is_absent(error: Exception) -> bool:
    """Return whether no token can be signed with the stage's value: it is missing, or not a key."""
    cause = error.__context__
    missing = isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ResourceNotFoundException"
    return missing or isinstance(error, (SecretUnusable, TransformParameterError))


def _reason(error: Exception) -> str:
    """Return what may be logged: AWS's own words on an error, or ours; a parser's could quote what it read."""
    cause = error.__context__
    if isinstance(error, SecretUnusable):
        return str(error)
    if isinstance(error, TransformParameterError):
        return f'the secret must be JSON: {{"{FIELD}": ...}}'
    return str(cause) if isinstance(cause, ClientError) else type(cause).__name__
