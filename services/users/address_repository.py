"""Guard items, each of which reserves an e-mail address for one user.

Their keys are those of `email_key`. Earlier versions compared less, and their keys differ for a few addresses that are
not ASCII. Their guard items still count, until the address is changed or `make rekey-addresses` has replaced them.
"""

from common.dynamodb.table import IS_NEW, Check, Delete, ItemKey, Put, Table, Write
from users.addresses import email_key, former_email_key
from users.domain import User


def email_item(email: str) -> ItemKey:
    """Return the key of the guard item that reserves an e-mail address."""
    return ItemKey(f"EMAIL#{email_key(email)}", "EMAIL")


def former_email_item(email: str) -> ItemKey:
    """Return the key of the guard item with which an earlier version reserved the address."""
    return ItemKey(f"EMAIL#{former_email_key(email)}", "EMAIL")


def owner(table: Table, email: str) -> int | None:
    """Return the id of the user for whom the address is reserved, or None.

    Two users of an earlier version may have addresses that count as the same one now. Each still finds its own.
    """
    guards = [table.get(key) for key in _keys(email)]
    return next((guard["user_id"] for guard in guards if guard is not None), None)


def held(table: Table, user: User) -> list[ItemKey]:
    """Return the keys of the user's guard items; no other writes than those of the user change them."""
    keys = _keys(user.email)
    if len(keys) == 1:
        return keys
    found = {key: table.get(key) for key in keys}
    return [key for key, guard in found.items() if guard is not None and guard["user_id"] == user.id]


def reservation(user: User) -> list[Write]:
    """Return the writes that reserve the user's address, also against users of earlier versions."""
    return [_guard(user), *(Check(key=key, condition=IS_NEW) for key in _keys(user.email) if key != _key(user))]


def moved(table: Table, known: User, changed: User) -> list[Write]:
    """Return the writes that reserve the address of `changed` instead of that of `known`."""
    before, after = held(table, known), _key(changed)
    checks = [Check(key=key, condition=IS_NEW) for key in _keys(changed.email) if key not in {after, *before}]
    puts = [] if after in before else [_guard(changed)]
    return [*puts, *checks, *(Delete(key=key) for key in before if key != after)]


def _keys(email: str) -> list[ItemKey]:
    """Return the keys of the guard items that may reserve the address, the more exact one first."""
    return list(dict.fromkeys((former_email_item(email), email_item(email))))


def _key(user: User) -> ItemKey:
    return email_item(user.email)


def _guard(user: User) -> Put:
    return Put(item={**_key(user)._asdict(), "user_id": user.id}, condition=IS_NEW)
