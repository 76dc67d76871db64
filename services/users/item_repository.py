"""Items of the users table: their keys, and the attributes of a user."""

import hashlib
from datetime import datetime
from typing import Any, Final

from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.items import Plain
from common.dynamodb.writes import EXISTS, ItemKey
from users.addresses import email_key, former_email_key
from users.domain import User
from users.failed_logins import Failures

# Both versions run during a gradual release (decision 0030). The one before reads no failures from these.
_READ_BY_THE_VERSION_BEFORE: Final = {"failures": 0, "failed_at": 0}
NOT_ERASED: Final = EXISTS & Attr("erased_at").not_exists()


def user_item(user_id: int) -> ItemKey:
    """Return the key of a user's item."""
    return ItemKey(f"USER#{user_id}", "USER")


def password_item(user_id: int) -> ItemKey:
    """Return the key of a user's password hash."""
    return ItemKey(f"USER#{user_id}", "PASSWORD")


def to_password_item(user_id: int, password_hash: str) -> dict[str, Plain]:
    """Return the item of a user's password hash."""
    return {**password_item(user_id)._asdict(), "hash": password_hash}


def subject_item(subject: str) -> ItemKey:
    """Return the key of the guard item that reserves the subject of an issuer, which may be any text."""
    return ItemKey(f"SUBJECT#{hashlib.sha256(subject.encode()).hexdigest()}", "SUBJECT")


def login_item(key: str) -> ItemKey:
    """Return the key of the failed logins with an account (`account_key`), or with an address without an account."""
    return ItemKey(f"LOGIN#{hashlib.sha256(email_key(key).encode()).hexdigest()}", "LOGIN")


def to_login_item(key: str, failures: Failures) -> dict[str, Plain]:
    """Return the item of the failed logins with an account, or with an address without an account."""
    return {
        **login_item(key)._asdict(),
        "attempts": to_attempts(failures),
        # Not in `attempts`, whose content an earlier version passes on as it is.
        **({"since": {**failures.since}} if failures.since else {}),
        "expires_at": failures.expires_at,
        **_READ_BY_THE_VERSION_BEFORE,
    }


def to_attempts(failures: Failures) -> Plain:
    """Return the attribute in which failures are stored."""
    spent: dict[str, Plain] = {name: {**left} for name, left in failures.spent.items()}
    return {"known": {**failures.known}, "spent": spent}


def email_item(email: str) -> ItemKey:
    """Return the key of the guard item that reserves an e-mail address."""
    return ItemKey(f"EMAIL#{email_key(email)}", "EMAIL")


def former_email_item(email: str) -> ItemKey:
    """Return the key of the guard item with which an earlier version reserved the address."""
    return ItemKey(f"EMAIL#{former_email_key(email)}", "EMAIL")


def still(version: int) -> Condition:
    """Return the condition that a user has this version and is not erased."""
    return NOT_ERASED & Attr("version").eq(version)


def to_item(user: User) -> dict[str, Plain]:
    """Return the item of a user, without what lists need."""
    return {
        **user_item(user.id)._asdict(),
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "is_active": user.is_active,
        "created_at": user.created_at.isoformat(),
        "version": user.version,
        "scopes": [*sorted(user.scopes)],
        **({} if user.subject is None else {"subject": user.subject}),
        **to_mark(user),
        **({} if user.password_set_at is None else {"password_set_at": user.password_set_at}),
    }


def to_mark(user: User) -> dict[str, Plain]:
    """Return the attribute that says who has set the password or the address of a user, if it was another user."""
    return {} if user.set_by is None else {"set_by": user.set_by}


def from_item(item: dict[str, Any]) -> User:
    """Return the user of an item, which is not that of an erased user."""
    return User(
        id=item["id"],
        email=item["email"],
        username=item["username"],
        is_active=item["is_active"],
        created_at=datetime.fromisoformat(item["created_at"]),
        version=item["version"],
        scopes=frozenset(item.get("scopes", ())),
        subject=item.get("subject"),
        set_by=item.get("set_by"),
        password_set_at=item.get("password_set_at"),
    )
