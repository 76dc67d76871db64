"""Conditional requests: `ETag` in responses, `If-Match` and `If-None-Match` in requests (RFC 9110 section 13)."""

import re
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple, Self

from fastapi import Depends, Header, Request, Response

from common.failures import Malformed, PreconditionFailed
from common.http.openapi import declares, sets

ENTITY_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# A list may have empty elements, or none at all (RFC 9110 section 5.6.1.2).
LIST: Final = re.compile(rf"[\s,]*(?:{ENTITY_TAG.pattern}\s*(?:,[\s,]*|$))*")
# The same for OpenAPI documents (ECMA 262); a malformed list is a 400 with a code of its own.
DOCUMENTED: Final = {"pattern": r'^\s*\*\s*$|^[\s,]*(?:(?:W/)?"[!#-~\x80-\xff]*"\s*(?:,[\s,]*|$))*$'}
# Headers that describe a body.
OF_CONTENT: Final = ("content-length", "content-type")


class PreconditionMalformed(Malformed):
    """`If-Match` or `If-None-Match` is not a list of entity tags."""

    code = "invalid-precondition"
    title = "The precondition is malformed"


class VersionMismatch(PreconditionFailed):
    """The stored version is not in `If-Match`, or it is in `If-None-Match`."""

    code = "version-mismatch"
    title = "The resource has changed"


class EntityTags(NamedTuple):
    """The entity tags of a header.

    Attributes:
        strong: The values of the strong ones.
        weak: The values of the weak ones.
        every: Whether the header is `*`, which stands for any tag.
    """

    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    every: bool = False

    @classmethod
    def of(cls, header: str) -> Self:
        """Return the tags in a header.

        Raises:
            ValueError: The header is not a list of entity tags.
        """
        if header.strip() == "*":
            return cls(every=True)
        if not LIST.fullmatch(header):
            raise ValueError
        found = [(weak, value) for weak, value in ENTITY_TAG.findall(header)]
        return cls(
            frozenset(value for weak, value in found if not weak), frozenset(value for weak, value in found if weak)
        )

    def match(self, tag: str, *, weakly: bool) -> bool:
        """Return whether the value of a strong tag is among these; weak ones count only if compared `weakly`."""
        return self.every or tag in self.strong or (weakly and tag in self.weak)


class Preconditions:
    """The versions that a caller accepts, and those that it does not."""

    def __init__(self, accepted: EntityTags | None, refused: EntityTags | None) -> None:
        self._accepted = accepted
        self._refused = refused

    def check(self, version: int) -> None:
        """Raise `VersionMismatch` unless the caller accepts the version; with neither header, any version is.

        Raises:
            VersionMismatch: The version is not accepted.
        """
        tag = str(version)
        if self._accepted is not None and not self._accepted.match(tag, weakly=False):
            raise VersionMismatch(
                "The resource has a version that If-Match does not name: read it again, then repeat the change."
            )
        if self._refused is not None and self._refused.match(tag, weakly=True):
            raise VersionMismatch("The resource has a version that If-None-Match names.")


@sets("ETag")
def tag(response: Response, version: int) -> None:
    """Put a version into the `ETag` header."""
    response.headers["ETag"] = f'"{version}"'


@declares(PreconditionMalformed, VersionMismatch)
async def preconditions(
    if_match: Annotated[
        str | None, Header(description="Change only the version with this `ETag`.", json_schema_extra=DOCUMENTED)
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="Do not change the version with this `ETag`.", json_schema_extra=DOCUMENTED)
    ] = None,
) -> Preconditions:
    """Return the preconditions of the request.

    Raises:
        PreconditionMalformed: A header is not a list of entity tags.
    """
    return Preconditions(_tags("If-Match", if_match), _tags("If-None-Match", if_none_match))


def _tags(name: str, header: str | None) -> EntityTags | None:
    if header is None:
        return None
    try:
        return EntityTags.of(header)
    except ValueError:
        raise PreconditionMalformed(
            f'{name} is not a list of ETags: send the ETag of an earlier response, such as "1".'
        ) from None


PreconditionHeaders = Annotated[Preconditions, Depends(preconditions)]


def applied(request: Request, response: Response) -> Response:
    """Return the response to a GET, or 304 without a body if `If-None-Match` names its `ETag` (section 13.1.2).

    A malformed header is ignored, because the caller loses nothing by getting the whole response.

    Raises:
        VersionMismatch: `If-Match` does not name the `ETag`.
    """
    if request.method != "GET" or response.status_code != HTTPStatus.OK:
        return response
    accepted, known = (_tags_or_none(request.headers.get(name)) for name in ("if-match", "if-none-match"))
    if accepted is None and known is None:
        return response
    tag = ENTITY_TAG.fullmatch(response.headers.get("etag", ""))
    if tag is None:
        return response
    if accepted is not None and not accepted.match(tag[2], weakly=False):
        raise VersionMismatch("The resource has a version that If-Match does not name.")
    if known is None or not known.match(tag[2], weakly=True):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in OF_CONTENT}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)


def _tags_or_none(header: str | None) -> EntityTags | None:
    try:
        return None if header is None else EntityTags.of(header)
    except ValueError:
        return None
