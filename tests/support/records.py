"""The records of requests with an idempotency key: in memory, for fake repositories, and what repositories promise."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from common.failures import Failure
from common.idempotency import MOST_MISMATCHES, IdempotencyKeyReused, Record, Replayed
from tests.support.racing import race


class Records:
    """Records by their ids. Hold the repository's lock from `check` to `keep`."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._mismatches: Counter[Record] = Counter()

    def check(self, record: Record | None) -> None:
        """Raise what `Record.raise_for` raises if an earlier request with the same key has left a record."""
        if record is None:
            return
        earlier = self._records.get(record.id)
        if earlier is not None and earlier.expires_at > record.made_at:
            before = self._mismatches[earlier]
            self._mismatches[earlier] += not record.matches(earlier)
            record.raise_for(earlier, before)

    def keep(self, record: Record | None) -> None:
        """Store a record if there is one."""
        if record is not None:
            self._records[record.id] = record

    def forget(self, record: Record | None) -> None:
        """Empty a record, whose key is refused from now on, unless the key has left another one since."""
        if record is not None and self._records.get(record.id) == record:
            empty = record._replace(fingerprint="", status=0, body="", location="", etag=None)
            self._records[record.id] = empty
            self._mismatches[empty] = MOST_MISMATCHES


def record(name: str, **fields: Any) -> Record:
    """Return the record of a request; requests of different names have different keys."""
    known = Record(
        id=name,
        fingerprint=f"body of {name}",
        status=201,
        body='{"name": "Zoë"}',
        location=f"/{name}",
        etag='"1"',
        made_at=1_795_249_815,
    )
    return known._replace(**fields)


def assert_added_once(add: Callable[[int, Record | None], None]) -> None:
    """Assert what every repository promises of a request that is sent again.

    Args:
        add: Stores the thing with this number, of the request with this record.
    """
    first = record("first")
    add(1, first)
    late = first._replace(made_at=first.expires_at - 1)
    for number, again in ((1, first), (2, first), (2, late)):
        with pytest.raises(Replayed) as replayed:
            add(number, again)
        assert replayed.value.record == first
        with pytest.raises(IdempotencyKeyReused):
            add(number, again._replace(fingerprint="another body"))
    # Of all the requests with another body, five are compared. Then not even the right one is.
    guesses = [partial(add, 2, first._replace(fingerprint=f"guess {number}")) for number in range(8)]
    refusals = Counter("not accepted any more" in str(refusal) for refusal in race(*guesses))
    assert refusals == {False: MOST_MISMATCHES - 3, True: 8 - (MOST_MISMATCHES - 3)}
    with pytest.raises(IdempotencyKeyReused, match="not accepted any more"):
        add(2, first)
    # Nothing of the second one was stored, and what is rejected leaves no record.
    untagged = record("second", etag=None)
    with pytest.raises(Failure):
        add(1, untagged)
    add(2, untagged)
    with pytest.raises(Replayed) as replayed:
        add(2, untagged)
    assert replayed.value.record == untagged
    add(3, first._replace(made_at=first.expires_at))
    outcomes = race(*[partial(add, number, record("at once")) for number in (4, 5)])
    assert sorted(map(type, outcomes), key=str) == [type(None), Replayed], outcomes
