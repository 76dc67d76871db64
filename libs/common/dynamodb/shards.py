"""Spreads a list over several keys of an index, because one key takes 1,000 write units a second.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """Over how many keys each list is spread.

    The first key of a list is its name, which is also the only key with one shard. So lists can be spread later
    without touching the items that exist: they keep their keys, which are still read.

    Attributes:
        written: The number of keys over which new items are spread.
        read: The number of keys that a page is read from. It must never be smaller than `written` has ever been.

    Raises:
        ValueError: A number is less than 1, or fewer keys are read than written.
    """

    written: int = 1
    read: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.written <= self.read:
            raise ValueError("at least one key must be written, and at least as many must be read")

    def key(self, name: str, position: str) -> str:
        """Return the key under which a new item is listed: the same for a position in every process.

        Args:
            name: Of the list. It does not begin with a digit, so that no list's key is another one's.
            position: Of the item in the list.
        """
        digest = hashlib.sha256(position.encode()).digest()
        return _key(name, int.from_bytes(digest[:8]) % self.written)

    def keys(self, name: str) -> list[str]:
        """Return all keys under which items of the list may be."""
        return [_key(name, number) for number in range(self.read)]


def _key(name: str, number: int) -> str:
    if name[:1].isdigit():
        raise ValueError(f"the list {name!r} begins with a digit")
    return f"{number}#{name}" if number else name


ONE: Final = Shards()


class Merge:
    """Merges what the queries of a list's keys read into one page, the largest text first.

    Args:
        range_key: The attribute by whose text the items are sorted.
        limit: The largest number of items on the page. One more is kept, to know whether more follow.
    """

    def __init__(self, range_key: str, *, limit: int) -> None:
        self._range_key = range_key
        self._limit = limit
        self._items: list[Mapping[str, Any]] = []
        self._ends: list[str] = []

    @property
    def last(self) -> str | None:
        """The text of the last item, if there are enough: from then on, only what comes before it is needed."""
        return self._position(self._items[self._limit]) if len(self._items) > self._limit else None

    def add(self, read: Sequence[Mapping[str, Any]], *, whole: bool) -> None:
        """Add the items of a query.

        It is not whole if DynamoDB stopped before the limit, as it does at 1 MB. Then it has at least one item.
        """
        if not whole:
            self._ends.append(self._position(read[-1]))
        merged = sorted([*self._items, *read], key=self._position, reverse=True)
        self._items = merged[: self._limit + 1]

    def page(self) -> tuple[list[Mapping[str, Any]], bool]:
        """Return the items of the page, as they were read, and whether more follow."""
        # What follows the end of a query that is not whole is not known.
        items = [item for item in self._items if all(self._position(item) >= end for end in self._ends)]
        return items[: self._limit], len(self._items) > self._limit or bool(self._ends)

    def _position(self, item: Mapping[str, Any]) -> str:
        position: str = item[self._range_key]["S"]
        return position
