"""Pages of a list: how many items, where the next page begins, and the address under which it is found."""

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
from common.http.openapi import declares

VERSION: Final = 1
HASH_CHARACTERS: Final = 16
LIMIT: Final = 20
LARGEST_LIMIT: Final = 100
LONGEST_CURSOR: Final = 512


class CursorRejected(Malformed):
    """The cursor was not given out for this list, or is damaged."""

    code = "invalid-cursor"
    title = "The cursor is not valid"


class Page[Item](NamedTuple):
    """Some items of a list in their order, and the position after which the next page begins (None: the last page)."""

    items: list[Item]
    next: str | None


class Paging(NamedTuple):
    """What a client says about the page that it wants."""

    limit: int
    cursor: str | None


class PageOut[Item](BaseModel):
    """A page of a list."""

    # Told by the fields, because a model that is made of a generic one does not inherit its description.
    ITEMS: ClassVar[str] = (
        "In their order. Lists are eventually consistent: what was written a moment ago may appear a moment later."
    )
    NEXT: ClassVar[str] = "Address of the next page, also in the `Link` header (RFC 8288); null on the last one."

    items: Annotated[list[Item], Field(description=ITEMS)]
    next: Annotated[str | None, Field(description=NEXT)]


def position(paging: Paging, query: Mapping[str, str | None], form: re.Pattern[str]) -> str | None:
    """Return the position after which the page begins, or None for the first page.

    Args:
        paging: What the client asked for.
        query: What the list is of: its path, and by what it is narrowed down.
        form: What every position of this list looks like.

    Raises:
        CursorRejected: The cursor is not one that `next_address` gave out for this list.
    """
    return None if paging.cursor is None else _decoded(paging.cursor, query, form)


def link_next(request: Request, response: Response, query: Mapping[str, str | None], page: Page[Any]) -> str | None:
    """Return the address of the next page and put it into the `Link` header; None, and no header, on the last page.

    Parameters that are none of the list's are left out: a header has a limit, and a query is longer than that.
    """
    if page.next is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in {"limit", *query}]
    address = f"{request.url.path}?{urlencode([*kept, ('cursor', _encoded(page.next, query))])}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address


@declares(CursorRejected)
async def asked_paging(
    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="How many items at most.")] = LIMIT,
    cursor: Annotated[str | None, Query(description="Where the page begins: leave it out, or follow `next`.")] = None,
) -> Paging:
    """Return what the query says about the page."""
    return Paging(limit, cursor)


PagingQuery = Annotated[Paging, Depends(asked_paging)]


def _encoded(position: str, query: Mapping[str, str | None]) -> str:
    text = json.dumps([VERSION, _hash(query), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str, query: Mapping[str, str | None], form: re.Pattern[str]) -> str:
    if len(cursor) > LONGEST_CURSOR:
        raise CursorRejected("The cursor is damaged: send one that a response of this list returned.")
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
