"""The caller of an operation."""

from typing import NamedTuple


class Principal(NamedTuple):
    """The caller.

    Attributes:
        subject: The user's id.
        scopes: Permissions beyond those that every caller has.
    """

    subject: str
    scopes: frozenset[str] = frozenset()
