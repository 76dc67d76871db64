"""The kinds of failure that a service may raise, independent of HTTP."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Failure(Exception):  # noqa: N818 - an expected outcome rather than an error of the program
    """An expected failure of an operation; the response shows its `code` and `title`, which subclasses define.

    Attributes:
        members: Further members of the response, for clients that expect more than the code, such as those of OAuth.

    Args:
        detail: What went wrong this time; the caller sees it, so it contains no secrets and no internals.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    members: Mapping[str, Any] = {}

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(Failure):
    """The requested resource does not exist."""

    code = "not-found"
    title = "Not found"


class Conflict(Failure):
    """The request conflicts with the stored data."""

    code = "conflict"
    title = "Conflict"


class PreconditionFailed(Failure):
    """The stored version is not one that the caller expects."""

    code = "precondition-failed"
    title = "The resource has changed"


class Malformed(Failure):
    """The request contains a value that the API did not issue, such as a damaged cursor, or that cannot be parsed."""

    code = "malformed-request"
    title = "The request is malformed"


class Unauthenticated(Failure):
    """The caller is not authenticated.

    Args:
        detail: See `Failure`.
        refused: Whether the caller sent a token that was rejected, rather than none.
        max_age: The largest number of seconds since the login, if only a more recent login is missing (RFC 9470).
    """

    code = "unauthenticated"
    title = "Authentication is required"

    def __init__(self, detail: str, *, refused: bool = False, max_age: int | None = None) -> None:
        super().__init__(detail)
        self.refused = refused
        self.max_age = max_age


class Forbidden(Failure):
    """The caller is authenticated but not allowed to do this.

    Args:
        detail: See `Failure`.
        scope: The scope that would allow the operation, if there is one.
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
        retry_after: Whole seconds until the caller may retry.
    """

    code = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Invalid(Failure):
    """The request breaks a rule of the domain.

    Args:
        detail: See `Failure`.
        field: The field of the body that breaks it, if there is one.
    """

    code = "invalid-request"
    title = "The request is not valid"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class Unavailable(Failure):
    """A dependency of the service did not respond; the caller may retry later.

    Attributes:
        may_be_repeated: Whether the same request does no harm then, so that the response has `Retry-After`.
    """

    code = "unavailable"
    title = "Temporarily unavailable"
    may_be_repeated: ClassVar[bool] = True


class Busy(Unavailable):
    """A concurrent change won; the caller may retry at once."""

    code = "busy"
    title = "A concurrent change won"
