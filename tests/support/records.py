"""The records of requests with an idempotency key, in memory, for fake repositories."""

from common.idempotency import Record


class Records:
    """Records by their ids. Hold the repository's lock from `check` to `keep`."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def check(self, record: Record | None) -> None:
        """Raise what `Record.repeat` raises if an earlier request with the same key has left a record."""
        if record is None:
            return
        earlier = self._records.get(record.id)
        if earlier is not None and earlier.expires_at > record.made_at:
            record.repeat(earlier)

    def keep(self, record: Record | None) -> None:
        """Store a record if there is one."""
        if record is not None:
            self._records[record.id] = record

    def forget(self, record: Record | None) -> None:
        """Remove a record if there is one."""
        if record is not None:
            self._records.pop(record.id, None)
