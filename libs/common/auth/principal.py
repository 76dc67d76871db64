"""The caller of an operation."""

from typing import NamedTuple


class Principal(NamedTuple):
    """The caller.

    Attributes:
        subject: The user's id.
        scopes: Permissions beyond those that every caller has.
        authenticated_at: When the user last proved who it is, in seconds since 1970 (None: the token does not say).
    """

    subject: str
    scopes: frozenset[str] = frozenset()
    authenticated_at: float | None = None
