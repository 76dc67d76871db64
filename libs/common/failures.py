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


class PreconditionFailed(Failure):
    """What is stored is not what the caller said it expects."""

    code = "precondition-failed"
    title = "The resource has changed"


class Malformed(Failure):
    """The request holds something that can only be used as it was given out, and is not."""

    code = "malformed-request"
    title = "The request is malformed"


class Unauthenticated(Failure):
    """The caller is not authenticated.

    Args:
        detail: See `Failure`.
        refused: Whether the caller showed something that was refused, rather than nothing.
    """

    code = "unauthenticated"
    title = "Authentication is required"

    def __init__(self, detail: str, *, refused: bool = False) -> None:
        super().__init__(detail)
        self.refused = refused


class Forbidden(Failure):
    """The caller is authenticated but not allowed to do this.

    Args:
        detail: See `Failure`.
        scope: What the caller would need, when there is such a scope.
    """

    code = "forbidden"
    title = "Not allowed"

    def __init__(self, detail: str, *, scope: str | None = None) -> None:
        super().__init__(detail)
        self.scope = scope


class Throttled(Failure):
    """The caller has to wait.

    Args:
        detail: See `Failure`.
        retry_after: Whole seconds until the same request is heard again.
    """

    code = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Invalid(Failure):
    """The request breaks a rule of the domain."""

    code = "invalid-request"
    title = "The request is not valid"


class Unavailable(Failure):
    """Something this service relies on did not answer; the same request may succeed later."""

    code = "unavailable"
    title = "Temporarily unavailable"


class Busy(Unavailable):
    """Others were at the same thing at the same moment, and all is well: the same request may succeed at once."""

    code = "busy"
    title = "A concurrent change won"
