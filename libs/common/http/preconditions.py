"""Conditional requests: `ETag` in responses, `If-Match` in requests (RFC 9110 sections 8.8.3 and 13.1.1)."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from common.failures import Malformed, PreconditionFailed
from common.http.openapi import declares

ENTITY_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
LIST: Final = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*')


class IfMatchMalformed(Malformed):
    """The header is not a list of entity tags."""

    code = "invalid-if-match"
    title = "If-Match is malformed"


class VersionMismatch(PreconditionFailed):
    """The stored version is not in `If-Match`."""

    code = "version-mismatch"
    title = "The resource has changed"


class Expected:
    """The versions that a caller accepts."""

    def __init__(self, tags: frozenset[str] | None) -> None:
        self._tags = tags

    def check(self, version: int) -> None:
        """Raise `VersionMismatch` unless the version is one of these; without `If-Match`, or with `*`, any version is.

        Raises:
            VersionMismatch: The version is not accepted.
        """
        if self._tags is not None and str(version) not in self._tags:
            raise VersionMismatch(
                "The resource has a version that If-Match does not name: read it again, then repeat the change."
            )


def tag(response: Response, version: int) -> None:
    """Put a version into the `ETag` header."""
    response.headers["ETag"] = f'"{version}"'


@declares(IfMatchMalformed, VersionMismatch)
async def expected_versions(
    if_match: Annotated[str | None, Header(description="Change only the version with this `ETag`.")] = None,
) -> Expected:
    """Return the versions in `If-Match`; a weak tag matches none.

    Raises:
        IfMatchMalformed: It is not a list of ETags.
    """
    if if_match is None or if_match.strip() == "*":
        return Expected(None)
    if not LIST.fullmatch(if_match):
        raise IfMatchMalformed('If-Match is not a list of ETags: send the ETag of an earlier response, such as "1".')
    return Expected(frozenset(found[1] for found in ENTITY_TAG.finditer(if_match) if not found[0].startswith("W/")))


IfMatch = Annotated[Expected, Depends(expected_versions)]
