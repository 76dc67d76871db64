"""The registered administrators of users: one item with their ids, so that the last one cannot be removed."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from common.dynamodb.conditions import Attr
from common.dynamodb.table import Table
from common.dynamodb.writes import IS_NEW, Check, ItemKey, Put, Write
from users.domain import LastAdministrator, User
from users.item_repository import from_item, password_item, still, user_item

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

    def lacking(self, user_id: int, table: Table, *, last: bool = False) -> list[Write]:
        """Return the writes that remove an id; they fail if the ids, or the user of one that remains, have changed.

        During a gradual release, an earlier version deactivates users without removing their ids. Such ids are removed
        as well, until one is found whose user is an administrator who can log in.

        Args:
            user_id: The id to remove.
            table: The users table.
            last: Whether it may be the last one.

        Raises:
            LastAdministrator: No other id is that of an administrator with a password.
        """
        others = [each for each in self.ids or [] if each != user_id]
        if last:
            return [self._put(others)]
        kept: list[int] = []
        for at, other in enumerate(others):
            item = table.get(user_item(other))
            user = None if item is None or "erased_at" in item else from_item(item)
            if user is None or not user.is_administrator:
                continue
            # A password goes only with its user.
            if table.get(password_item(other)) is not None:
                return [self._put([*kept, *others[at:]]), Check(key=user_item(other), condition=still(user.version))]
            kept.append(other)
        raise LastAdministrator

    def _put(self, ids: list[int]) -> Put:
        condition = IS_NEW if self.ids is None else Attr("ids").eq([*self.ids])
        return Put(item={**ADMINISTRATORS._asdict(), "ids": [*sorted(ids)]}, condition=condition)


def registration(table: Table, known: User, changed: User, *, by_operator: bool = False) -> Sequence[Write]:
    """Return the writes that register an administrator, or no longer, if the change of the user requires some.

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
        return Administrators.read(table).lacking(known.id, table, last=by_operator)
    return []
