"""Pages of a list: their size, the cursor of the next page, and its address."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from common.failures import Malformed
from common.http.openapi import declares, sets
from common.numbers import Digits

VERSION: Final = 1
HASH_CHARACTERS: Final = 16
LIMIT: Final = 20
LARGEST_LIMIT: Final = 100
LONGEST_CURSOR: Final = 512


class CursorRejected(Malformed):
    """The cursor was issued for another list, or is damaged."""

    code = "invalid-cursor"
    title = "The cursor is not valid"


class Page[Item](NamedTuple):
    """Some items of a list in their order, and the position after which the next page begins (None: the last page)."""

    items: list[Item]
    next: str | None


class Paging(NamedTuple):
    """The page that a client requests."""

    limit: int
    cursor: str | None


class PageOut[Item](BaseModel):
    """A page of a list."""

    # On the fields, because a model made from a generic one does not inherit its description.
    ITEMS: ClassVar[str] = (
        "The items in the order of the list. Lists are eventually consistent: a recent write may not be seen yet."
    )
    NEXT: ClassVar[str] = "Address of the next page, also in the `Link` header (RFC 8288); null on the last one."

    items: Annotated[list[Item], Field(description=ITEMS)]
    next: Annotated[str | None, Field(description=NEXT)]


def position(paging: Paging, query: Mapping[str, str | None], form: re.Pattern[str]) -> str | None:
    """Return the position after which the page begins, or None for the first page.

    Args:
        paging: The requested page.
        query: Identifies the list: its path and its filters.
        form: The pattern of every position of this list.

    Raises:
        CursorRejected: The cursor is not one that `link_next` issued for this list.
    """
    return None if paging.cursor is None else _decoded(paging.cursor, query, form)


@sets("Link")
def link_next(request: Request, response: Response, query: Mapping[str, str | None], page: Page[Any]) -> str | None:
    """Return the address of the next page and put it into the `Link` header; on the last page return None.

    Other query parameters than those of the list are left out, because they could exceed the size limit of a header.
    """
    if page.next is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in {"limit", *query}]
    address = f"{request.url.path}?{urlencode([*kept, ('cursor', _encoded(page.next, query))])}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address


@declares(CursorRejected)
async def asked_paging(
    limit: Annotated[
        int, Digits(1, LARGEST_LIMIT), Query(description="The largest number of items on the page.")
    ] = LIMIT,
    cursor: Annotated[
        str | None,
        Query(
            max_length=LONGEST_CURSOR,
            pattern="^[A-Za-z0-9_-]+$",
            description="Leave it out for the first page; then follow `next`.",
        ),
    ] = None,
) -> Paging:
    """Return the page that the query requests."""
    return Paging(limit, cursor)


PagingQuery = Annotated[Paging, Depends(asked_paging)]


def _encoded(position: str, query: Mapping[str, str | None]) -> str:
    text = json.dumps([VERSION, _hash(query), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str, query: Mapping[str, str | None], form: re.Pattern[str]) -> str:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, of, position = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise CursorRejected("The cursor is damaged: send one that a response of this list returned.") from None
    if version != VERSION or of != _hash(query):
        raise CursorRejected("The cursor belongs to another list: send the same query as for the first page.")
    if not isinstance(position, str) or not form.fullmatch(position) or _encoded(position, query) != cursor:
        raise CursorRejected("The cursor is damaged: send one that a response of this list returned.")
    return position


def _hash(query: Mapping[str, str | None]) -> str:
    text = json.dumps(sorted(query.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]
