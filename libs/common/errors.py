"""The kinds of failure a service may raise, with no word of HTTP in them."""

from typing import ClassVar


class Failure(Exception):  # noqa: N818 - a kind of answer rather than a mistake of the program
    """An expected way for an operation to end; subclasses give `code` and `title`, callers read both.

    Args:
        detail: What went wrong this time, for the caller's eyes: no secrets, no internals.
    """

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(Failure):
    """What was asked for does not exist."""

    code = "not-found"
    title = "Not found"


class Conflict(Failure):
    """The request contradicts what is stored."""

    code = "conflict"
    title = "Conflict"


class Invalid(Failure):
    """The request breaks a rule of the domain."""

    code = "invalid-request"
    title = "The request is not valid"


class Unavailable(Failure):
    """Something this service relies on did not answer; the same request may succeed later."""

    code = "unavailable"
    title = "Temporarily unavailable"
