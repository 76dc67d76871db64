"""Requests that are sent again with the same key, without HTTP and without DynamoDB (docs/decisions/0048).

A request with an `Idempotency-Key` leaves a `Record`, which is stored in the transaction that stores its effect: both
are there, or neither is, and there is no state in between.
"""

import hmac
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from common.failures import Invalid

LIFETIME: Final = 24 * 60 * 60  # seconds
# Then a key is not accepted any more: otherwise whoever has it could try passwords against the record without end.
MOST_MISMATCHES: Final = 5


class IdempotencyKeyReused(Invalid):
    """An earlier request with another body had this `Idempotency-Key`, or more than a few of them."""

    code = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"


class Record(NamedTuple):
    """The trace that a request with a key leaves: by what it is recognised, and its response.

    Attributes:
        id: Identifies caller, route and key, of which it is a hash.
        fingerprint: Of the validated body. The key is the secret of this HMAC and is stored nowhere, so that nobody
            who reads the table can try passwords against it.
        status: Of the response.
        body: Of the response.
        location: The header of the response.
        etag: The header of the response; None: it has none.
        made_at: Unix time in seconds.
    """

    id: str
    fingerprint: str
    status: int
    body: str
    location: str
    etag: str | None
    made_at: int

    @property
    def expires_at(self) -> int:
        """The Unix time in seconds from which on the key may be used for another request."""
        return self.made_at + LIFETIME

    def matches(self, earlier: "Record") -> bool:
        """Return whether an earlier request with this key had the same body."""
        return hmac.compare_digest(self.fingerprint, earlier.fingerprint)

    def raise_for(self, earlier: "Record", mismatches: int) -> NoReturn:
        """End this request, because an earlier one with its key has left a record that is not over.

        Args:
            earlier: The record.
            mismatches: How many requests with another body the record has counted before this one. Each must be
                counted before this is called: of many at once, the sixth must not learn whether it matches.

        Raises:
            Replayed: The earlier request had the same body.
            IdempotencyKeyReused: It had another one, or there were too many such requests.
        """
        if mismatches >= MOST_MISMATCHES:
            raise IdempotencyKeyReused(
                f"This Idempotency-Key is not accepted any more: {MOST_MISMATCHES} requests with another body had it, "
                "or what it had created was erased. Look before you send a new key."
            )
        if self.matches(earlier):
            raise Replayed(earlier)
        raise IdempotencyKeyReused("An earlier request with another body had this Idempotency-Key: send a new key.")


class Replayed(Exception):  # noqa: N818 - a success: the caller gets the earlier response
    """The same request was served before, and nothing has changed.

    Attributes:
        record: What the earlier request left.
    """

    def __init__(self, record: Record) -> None:
        super().__init__("the same request was served before")
        self.record = record


type Recording[Entity] = Callable[[Entity], Record | None]
"""Returns the record of the request that creates the entity; None: the request has no key."""


def unrecorded(_: object) -> None:
    """Return no record, for a request without a key."""
