"""Reads request bodies: their media type, their size, and the number of their values, before anything else does."""

import json
from email.message import Message
from typing import Any, Final, Never, override

from fastapi import Request
from starlette.types import Scope

from common.failures import Failure, Invalid, Malformed
from common.http.quotation import quoted

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
LARGEST_BODY: Final = 1_000_000  # bytes
# A body of another shape costs more to reject than to read: each wrong value becomes an error of its own.
MOST_VALUES: Final = 1_000


class UnsupportedMediaType(Failure):
    """The body has a media type that the operation does not take (RFC 9110 section 15.5.16).

    Args:
        detail: See `Failure`.
        headers: Say what the operation takes.
    """

    code = "unsupported-media-type"
    title = "The media type is not supported"

    def __init__(self, detail: str, headers: dict[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class UnsupportedEncoding(UnsupportedMediaType):
    """The body is compressed (RFC 9110 section 8.4)."""

    code = "unsupported-content-encoding"
    title = "The content encoding is not supported"

    def __init__(self, given: str) -> None:
        detail = f"The body has the encoding {quoted(given)}. Send it without Content-Encoding."
        super().__init__(detail, {"Accept-Encoding": "identity"})


class BodyTooLarge(Failure):
    """The body is larger than 1 MB."""

    code = "body-too-large"
    title = "The body is too large"

    def __init__(self) -> None:
        super().__init__(f"The body has more than {LARGEST_BODY:,} bytes.")


class BodyMalformed(Malformed):
    """The body cannot be parsed."""

    code = "malformed-body"
    title = "The body cannot be read"


class TooManyValues(Invalid):
    """The body contains more than 1,000 values."""

    code = "too-many-values"
    title = "The body contains too many values"

    def __init__(self) -> None:
        super().__init__(f"The body contains more than {MOST_VALUES:,} values.")


class JsonRequest(Request):
    """A request whose JSON body is already parsed."""

    parsed: Any

    @override
    async def json(self) -> Any:
        return self.parsed


async def read(request: Request, accepted: str | None) -> Request:
    """Return the request with its body read; an empty body is left to the checks of the operation.

    Args:
        request: The request.
        accepted: The media type of the body that the operation takes; None: it takes no body, and ignores one. If
            the headers announce it, it must not be too large.

    Raises:
        BodyTooLarge: It has more than `LARGEST_BODY` bytes.
        UnsupportedEncoding: It is compressed.
        UnsupportedMediaType: It has another media type, or none.
        BodyMalformed: It is not JSON in UTF-8 (RFC 8259).
        TooManyValues: It contains more than `MOST_VALUES` values.
    """
    if accepted is None and not _has_body(request.scope):
        return request
    body = await _bounded(request)
    if not body or accepted is None:
        return request
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedEncoding(encoding)
    given = request.headers.get("content-type")
    if given is None or not _matches(given, accepted):
        media_type = quoted((given or "").partition(";")[0])
        detail = f"The body is {media_type}; send {accepted}." if given else f"Send Content-Type: {accepted}."
        raise UnsupportedMediaType(detail, {"Accept": accepted})
    if accepted != JSON:
        # Forms and files are read from the body that Starlette keeps.
        return request
    read = JsonRequest(request.scope, request.receive)
    read.parsed = _parsed(body)
    read._body = body  # noqa: SLF001 - where Starlette keeps a body that was read
    return read


def _has_body(scope: Scope) -> bool:
    """Return whether the headers announce a body (RFC 9112 section 6.3)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def _bounded(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > LARGEST_BODY:
        raise BodyTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise BodyTooLarge
        chunks.append(chunk)
    request._body = body = b"".join(chunks)  # noqa: SLF001 - where Starlette keeps a body that was read
    return body


def _matches(given: str, accepted: str) -> bool:
    message = Message()
    message["content-type"] = given
    found = message.get_content_type()
    return found == accepted or (accepted == JSON and found.startswith("application/") and found.endswith("+json"))


def _parsed(body: bytes) -> Any:
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BodyMalformed(f"The body is not UTF-8: byte {error.start} is not valid.") from None
    except json.JSONDecodeError as error:
        raise BodyMalformed(f"The body is not JSON: there is an error at character {error.pos}.") from None
    except RecursionError:
        raise BodyMalformed("The body is nested too deeply.") from None
    except ValueError:
        # Python refuses to parse integers of more than 4,300 digits.
        raise BodyMalformed("The body contains a number that is too long, NaN or Infinity.") from None
    if _exceeds(value, MOST_VALUES):
        raise TooManyValues
    return value


def _no_constant(_: str) -> Never:
    raise ValueError


def _exceeds(value: object, most: int) -> bool:
    """Return whether a decoded JSON value consists of more than `most` values, after looking at no more than those."""
    pending = [value]
    found = 0
    while pending:
        current = pending.pop()
        children: Any = ()
        if isinstance(current, dict):
            children = current.values()
        elif isinstance(current, list):
            children = current
        found += len(children)
        if found > most:
            return True
        pending.extend(children)
    return False
