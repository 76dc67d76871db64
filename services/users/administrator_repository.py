"""The registered administrators of users: one item with their ids, so that the last one cannot be removed."""

from typing import Final, NamedTuple, Self

from common.dynamodb.conditions import Attr
from common.dynamodb.table import IS_NEW, ItemKey, Put, Table
from users.domain import LastAdministrator, User

ADMINISTRATORS: Final = ItemKey("ADMINISTRATORS", "ADMINISTRATORS")


class Administrators(NamedTuple):
    """The ids of the registered administrators, as stored.

    An id is added and removed only together with a change of the user's item, under a condition on its version.

    Attributes:
        ids: In ascending order; None: there is no item, as after an upgrade.
    """

    ids: list[int] | None

    @classmethod
    def read(cls, table: Table) -> Self:
        """Return the stored ids; every finished write is seen."""
        item = table.get(ADMINISTRATORS)
        return cls(None if item is None else item["ids"])

    def having(self, user_id: int) -> list[Put]:
        """Return the write that adds an id, if one is needed; its condition is that the ids have not changed."""
        ids = self.ids or []
        return [] if user_id in ids else [self._put([*ids, user_id])]

    def lacking(self, user_id: int, *, last: bool = False) -> list[Put]:
        """Return the write that removes an id; its condition is that the ids have not changed.

        Raises:
            LastAdministrator: No other id is stored, and it is not allowed to remove the last one.
        """
        others = [each for each in self.ids or [] if each != user_id]
        if not others and not last:
            raise LastAdministrator
        return [self._put(others)]

    def _put(self, ids: list[int]) -> Put:
        condition = IS_NEW if self.ids is None else Attr("ids").eq([*self.ids])
        return Put(item={**ADMINISTRATORS._asdict(), "ids": [*sorted(ids)]}, condition=condition)


def registration(table: Table, known: User, changed: User, *, by_operator: bool = False) -> list[Put]:
    """Return the write that registers an administrator, or no longer, if the change of the user requires one.

    Args:
        table: The users table.
        known: The user before the change.
        changed: The user after it.
        by_operator: Whether the last administrator may be removed, and one that is not registered yet is registered.

    Raises:
        LastAdministrator: See `Administrators.lacking`.
    """
    if changed.is_administrator and (by_operator or not known.is_administrator):
        return Administrators.read(table).having(known.id)
    if known.is_administrator and not changed.is_administrator:
        return Administrators.read(table).lacking(known.id, last=by_operator)
    return []
