"""Guard items, each of which reserves an e-mail address for one user.

Their keys are those of `email_key`. Earlier versions compared less, and their keys differ for a few addresses that are
not ASCII. Their guard items still count, until the address is changed or `make rekey-addresses` has replaced them.

The former key of an address can be the present key of another one: that of `a@faß.example` is `a@fass.example`. So a
guard item at a former key counts only for an address that its user has, and at a present key it makes way.
"""

from typing import Any

from common.dynamodb.table import Table
from common.dynamodb.writes import IS_NEW, Check, ConditionsFailed, Delete, ItemKey, Put, Update, Write
from users.addresses import email_key, may_be_former_key
from users.domain import User
from users.item_repository import email_item, former_email_item, from_item, still, user_item


def owner(table: Table, email: str) -> int | None:
    """Return the id of the user for whom the address is reserved, or None.

    Two users of an earlier version may have addresses that count as the same one now. Each still finds its own.
    """
    former = _former(table, email)
    guard = former or table.get(email_item(email))
    return None if guard is None else guard["user_id"]


def reservation(table: Table, user: User) -> list[Write]:
    """Return the writes that reserve the user's address, also against users of earlier versions."""
    return [_guard(user), *_against_former(table, user.email)]


def moved(table: Table, known: User, changed: User) -> list[Write]:
    """Return the writes that reserve the address of `changed` instead of that of `known`."""
    before, after = held(table, known), email_item(changed.email)
    puts = [] if after in before else [_guard(changed)]
    checks = [] if former_email_item(changed.email) in before else _against_former(table, changed.email)
    return [*puts, *checks, *(Delete(key=key) for key in before if key != after)]


def held(table: Table, user: User) -> list[ItemKey]:
    """Return the keys of the user's guard items; every write that changes them changes the user's version as well."""
    keys = [*dict.fromkeys((former_email_item(user.email), email_item(user.email)))]
    if len(keys) == 1:
        return keys
    found = {key: table.get(key) for key in keys}
    return [key for key, guard in found.items() if guard is not None and guard["user_id"] == user.id]


def replaced(table: Table, user: User) -> None:
    """Replace the guard items of the user by the present one.

    Raises:
        ConditionsFailed: At 0: the user was changed meanwhile. Otherwise, another user has the address.
    """
    # The version makes concurrent changes of the user fail, which would not know the present guard item.
    version = Update(key=user_item(user.id), set={"version": user.version + 1}, condition=still(user.version))
    table.write(version, *moved(table, user, user))


def made_way(table: Table, email: str) -> bool:
    """Replace the guard item at the key of this address, if an earlier version stored it for another address.

    Returns:
        False, with nothing changed, if the address is reserved, or the other user was changed meanwhile.
    """
    if not may_be_former_key(email_key(email)):
        return False
    guard = table.get(email_item(email))
    holder = None if guard is None else _holder(table, guard)
    if holder is None or _alike(holder.email, email):
        return False
    try:
        replaced(table, holder)
    except ConditionsFailed:
        return False
    return True


def _former(table: Table, email: str) -> dict[str, Any] | None:
    """Return the guard item at the address's former key, if that is another key and the item counts."""
    key = former_email_item(email)
    guard = None if key == email_item(email) else table.get(key)
    holder = None if guard is None else _holder(table, guard)
    return None if holder is None or not _alike(holder.email, email) else guard


def _against_former(table: Table, email: str) -> list[Check]:
    former = _former(table, email)
    # The failure of the write says that the address is taken, unless the same request was served before.
    return [] if former is None else [Check(key=former_email_item(email), condition=IS_NEW)]


def _holder(table: Table, guard: dict[str, Any]) -> User | None:
    item = table.get(user_item(guard["user_id"]))
    return None if item is None or "erased_at" in item else from_item(item)


def _alike(one: str, other: str) -> bool:
    return email_key(one) == email_key(other)


def _guard(user: User) -> Put:
    return Put(item={**email_item(user.email)._asdict(), "user_id": user.id}, condition=IS_NEW)
