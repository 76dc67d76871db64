"""Example users."""

from datetime import UTC, datetime
from typing import Any

from users.domain import User


def user(user_id: int, email: str = "ada@example.com", **changes: Any) -> User:
    """Return a user; fields that are not given have usual values."""
    values: dict[str, Any] = {
        "username": "ada",
        "is_active": True,
        "created_at": datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC),
    }
    return User(id=user_id, email=email, **(values | changes))


def recent() -> None:
    """Accept a login as a recent one."""
