"""The keys by which tokens are signed, from Secrets Manager through Powertools Parameters."""

import functools
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from common.errors import Unavailable
from common.settings import Settings

MAX_AGE_SECONDS: Final = 300
REFETCH_SECONDS: Final = 30.0
KID_CHARACTERS: Final = 16
CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
CONFIG: Final = Config(
    connect_timeout=1.0, read_timeout=2.0, retries={"mode": "standard", "total_max_attempts": 2}, tcp_keepalive=True
)


class SecretUnavailable(Unavailable):
    """Secrets Manager did not answer."""

    code = "secret-unavailable"
    title = "A secret could not be read in time"


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

    def read(self, stage: str, *, force: bool) -> str | None:
        """Return the key in that stage, or None when nothing is in it."""


class SecretStages:
    """The stages of a secret in Secrets Manager, each fetched on first use and kept for five minutes."""

    def __init__(self, secret_id: str) -> None:
        self._secret_id = secret_id
        # Parameters' cache key does not hold the stage, so each has a cache of its own.
        self._providers = {stage: SecretsProvider(boto_config=CONFIG) for stage in (CURRENT, PREVIOUS)}
        self._missing_until: dict[str, float] = {}

    def read(self, stage: str, *, force: bool) -> str | None:
        """See `Stages.read`."""
        raise NotImplementedError


class StagedKeys:
    """The `KeyRing` on a secret: signs with the current key, accepts the previous one too."""

    def __init__(self, stages: Stages, clock: Callable[[], float] = time.monotonic) -> None:
        self._stages = stages
        self._clock = clock

    def current(self) -> SigningKey:
        """See `KeyRing.current`."""
        raise NotImplementedError

    def find(self, kid: str) -> SigningKey | None:
        """See `KeyRing.find`."""
        raise NotImplementedError


@functools.cache
def signing_keys() -> StagedKeys:
    """Return the process's keys; the first call, in INIT, makes the clients but fetches nothing."""
    return StagedKeys(SecretStages(SecretSettings.from_environment(os.environ).jwt_secret_id))
