"""The keys that sign tokens, and their rotation."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from common.failures import Unavailable

# A token with an unknown key id makes this process read the current key again, but at most once in this time. So
# made-up ids postpone the fetch of a new key for a second at most, and cost one call a second.
REFETCH_SECONDS: Final = 1.0
KID_CHARACTERS: Final = 16
# RFC 7518 section 3.2: a key for HS256 is at least as long as the hash.
SHORTEST_KEY: Final = 32
CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
NO_KEYS: Final = "This service has no keys for tokens."


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
        """Return the key with its id: a truncated SHA-256 of the key, so that every process computes the same id."""
        return cls(hashlib.sha256(value.encode()).hexdigest()[:KID_CHARACTERS], value)


class KeyRing(Protocol):
    """The keys that sign tokens."""

    def current(self) -> SigningKey:
        """Return the key to sign with."""

    def find(self, kid: str) -> SigningKey | None:
        """Return the key with that id if its tokens are accepted, else None."""

    def forget(self) -> None:
        """Drop what is cached, and read it again when it is needed."""


class NoKeys:
    """The `KeyRing` of a function that has no secret with keys: it neither signs nor verifies tokens."""

    def current(self) -> SigningKey:
        """See `KeyRing.current`.

        Raises:
            SecretUnavailable: Always.
        """
        raise SecretUnavailable(NO_KEYS)

    def find(self, kid: str) -> SigningKey | None:  # noqa: ARG002 - the protocol's
        """See `KeyRing.find`.

        Raises:
            SecretUnavailable: Always.
        """
        raise SecretUnavailable(NO_KEYS)

    def forget(self) -> None:
        """See `KeyRing.forget`: nothing is cached."""


class Stages(Protocol):
    """Reads a secret by stage."""

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        """Return the key in that stage, or None if the stage is empty.

        Args:
            stage: `AWSCURRENT` or `AWSPREVIOUS`.
            force: Whether to fetch the key even if the cached one is fresh, and to fail if it cannot be fetched.

        Raises:
            SecretUnavailable: The stage could not be read, and was never read before or has to be fetched.
        """

    def forget(self) -> None:
        """Drop the cached keys and the connections, and forget earlier failures."""


class StagedKeys:
    """The `KeyRing` on a secret: signs with the current key, accepts the previous one too."""

    def __init__(self, stages: Stages, clock: Callable[[], float] = time.monotonic) -> None:
        self._stages = stages
        self._clock = clock
        self._reset()

    def _reset(self) -> None:
        self._kid: str | None = None
        self._rotated = False
        self._refetch_from = -math.inf

    def forget(self) -> None:
        """See `KeyRing.forget`."""
        self._reset()
        self._stages.forget()

    def current(self) -> SigningKey:
        """See `KeyRing.current`.

        Raises:
            SecretUnavailable: The key could not be read, and was never read before.
        """
        return self._current(force=False)

    def find(self, kid: str) -> SigningKey | None:
        """See `KeyRing.find`.

        An unknown id may be that of a new key, so the current key is read again, and if it has changed the previous one
        too. This happens at most once a second, because a caller can send any id.

        Raises:
            SecretUnavailable: No cached key has this id, and a stage could not be read, so the id may be that of a key.
        """
        known = self._find(kid, force=False)
        if known is not None or self._clock() < self._refetch_from:
            return known
        found = self._find(kid, force=True)
        self._refetch_from = self._clock() + REFETCH_SECONDS
        return found

    def _find(self, kid: str, *, force: bool) -> SigningKey | None:
        current = self._current(force=force)
        if current.kid == kid:
            return current
        previous = self._stages.read(PREVIOUS, force=self._rotated)
        self._rotated = False
        return next((key for key in (current, previous) if key is not None and key.kid == kid), None)

    def _current(self, *, force: bool) -> SigningKey:
        key = self._stages.read(CURRENT, force=force)
        if key is None:
            raise SecretUnavailable("Please try again.")
        # The stages are cached separately: when the current key has changed, the cached previous one is outdated.
        self._rotated |= self._kid not in (None, key.kid)
        self._kid = key.kid
        return key
