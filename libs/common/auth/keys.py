"""The keys that sign tokens, and their rotation."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from common.failures import Unavailable

# How often at most a token that names an unknown key makes this process read both stages again.
REFETCH_SECONDS: Final = 30.0
KID_CHARACTERS: Final = 16
# RFC 7518 section 3.2: a key for HS256 is at least as long as the hash.
SHORTEST_KEY: Final = 32
CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"


class SecretUnavailable(Unavailable):
    """Secrets Manager failed or the secret is not usable, and no earlier key is known."""

    code = "secret-unavailable"
    title = "A secret could not be read in time"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key for signatures and its id."""

    kid: str
    value: str = field(repr=False)

    @classmethod
    def of(cls, value: str) -> "SigningKey":
        """Return the key with its id, which is a truncated SHA-256 of it: the same wherever the key is."""
        return cls(hashlib.sha256(value.encode()).hexdigest()[:KID_CHARACTERS], value)


class KeyRing(Protocol):
    """The keys by which tokens are signed."""

    def current(self) -> SigningKey:
        """Return the key to sign with."""

    def find(self, kid: str) -> SigningKey | None:
        """Return the key of that id if tokens signed with it are valid, else None."""


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
