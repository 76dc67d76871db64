"""The caller of an operation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        subject: The user's id.
        scopes: Permissions beyond those that every caller has.
    """

    subject: str
    scopes: frozenset[str] = frozenset()
