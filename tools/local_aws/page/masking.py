"""Masks secrets of a shown request: credentials, cookies, and fields whose names say that they are secret.

Names are compared without case and punctuation, so one rule holds for headers, parameters and fields of a body. In
doubt more is masked than the secret. Not seen are a secret under a name that does not say so, one that is a segment of
a path, what follows an `&` within a form's value that is not encoded, and names in other encodings than those of
`_DECODERS`, such as base64 or gzip. Log lines and traces are never masked, because a secret in them is a
bug that must be seen.
"""

import contextlib
import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MASK = "[masked]"

_SECRET = re.compile(
    r"passw|passphrase|passcode|secret|(api|private|access|signing|idempotency)key|credential|signature|assertion|token"
    r"|authorization|cookie|session|csrf|xsrf|(otp|pin)code|(auth|bearer|jwt|otp|^pin|^sid|^sig)$|(pass|pwd?)\d*$"
)
_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_SCHEMES = {"aws4-hmac-sha256", "basic", "bearer", "digest"}
# Secrets under any name: a JSON Web Token (https://www.rfc-editor.org/rfc/rfc7519#section-3), a bearer token, and the
# user of an address (https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1).
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++")
_JWT = re.compile(r"eyJ[\w-]{5}")
_BEARER = re.compile(r"(bearer[\s+]+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USER = re.compile(r"(?<=//)[^/?#\s\"'<>]+@")
# The user of an address that is malformed, because its password has a slash, or cut. What may follow a port is not one.
_BROKEN_USER = re.compile(
    r"(?<=//)(?!\[)[^/?#\s\"'<>@:]*:(?!(?:\d{0,5}|\*)(?:[/?#\s\"'<>,;&)\]}\\`]|\Z))[^\s\"'<>]++(?P<cut>\Z)?"
)
# The name of a field in what is not quite JSON, YAML or XML: in quotes, or before a separator. An equals sign without
# quotes is that of a form, whose values have an end.
_NAME = re.compile(
    r"""("(?:[^"\\]++|\\.){0,10}+"|'(?:[^'\\]++|\\.){0,10}+')(?:\s*[:=>,]+)?\s*"""
    r"""|((?<![\w.\\\0-])[\w.\\\0-]++["'`]?)\s*(?::|=?>|=(?=\s*["']))\s*""",
    re.DOTALL,
)
# A value has an end if it is a string, and if more of the same structure follows.
_VALUE = re.compile(r""""(?:[^"\\]|\\.)*"(?=\s*(?:[,}\]]|\Z))|'(?:[^'\\]|\\.)*'(?=\s*(?:[,}\]]|\Z))|.+""", re.DOTALL)
_LABELS = {"attribute", "field", "header", "id", "k", "key", "label", "n", "name", "param", "parameter", "property"}
_DISPOSITION = re.compile(r"(?=(?:^|(?<=[\r\n]))[ \t]*content-disposition[ \t]*:)", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(r"""name\*?\d*\*?\s*=\s*("(?:[^"\\]|\\.)*"|[^;\r\n]*)""", re.IGNORECASE | re.DOTALL)
_PART_HEAD = re.compile(r"(?:[ \t]*content-[a-z-]+[ \t]*:[^\r\n]*(?:\r\n?|\n))*(?:\r\n?|\n)?", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\r\n\r\n|\n\r?\n|\r\r")
_PAIR = re.compile(r"(?<![^=;])([^=;]++)=")
_WORD = re.compile(r"[\s\"'<>{},?#/]")
_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"\\(?:u({_HEX}{{4}})|x({_HEX}{{2}})|u\{{0*({_HEX}{{1,5}})\}}|U000({_HEX}{{5}})|([0-7]{{1,3}})|(.))", re.DOTALL
)
_PERCENT_U = re.compile(rf"%u({_HEX}{{4}})", re.IGNORECASE)
_ROUNDS = 4  # of encodings within each other


def is_secret(name: str) -> bool:
    """Return whether a header, parameter or field of this name is secret."""
    for _ in range(_ROUNDS if "%" in name else 0):
        name = _unquoted(name)
    return _SECRET.search(_PUNCTUATION.sub("", unicodedata.normalize("NFKC", name).lower())) is not None


def masked_header(name: str, value: str) -> str:
    """Mask a header's value, but not the scheme of credentials, or the names and attributes of cookies."""
    match name.lower():
        case "cookie":
            return "; ".join(masked_cookie(cookie.strip()) for cookie in value.split(";"))
        case "set-cookie":
            cookie, semicolon, attributes = value.partition(";")
            return masked_cookie(cookie) + semicolon + masked_text(attributes)
        case "authorization" | "proxy-authorization" if value.partition(" ")[0].lower() in _SCHEMES:
            return f"{value.partition(' ')[0]} {MASK}"
    return MASK if is_secret(name) else masked_text(value)


def masked_cookie(cookie: str) -> str:
    """Mask the value in `name=value`, or the whole cookie if it has no name."""
    name, equals, _ = cookie.partition("=")
    return f"{masked_text(name)}={MASK}" if equals else MASK


def masked_value(value: Any) -> Any:
    """Mask the secret fields of a JSON value, however deep they are, also in texts."""
    if isinstance(value, Mapping):
        named = any(name.lower() in _LABELS and isinstance(one, str) and is_secret(one) for name, one in value.items())
        return {
            masked_text(name): MASK
            if is_secret(name) or (named and name.lower() not in _LABELS)
            else masked_value(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        pair = len(value) == 2 and isinstance(value[0], str) and is_secret(value[0])  # noqa: PLR2004
        return [value[0], MASK] if pair else [masked_value(inner) for inner in value]
    return masked_text(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """Mask the secrets in a text: JSON, a form in either encoding, a query, an address, or the beginning of one.

    What masks nothing is returned as it was sent. Otherwise the text may be decoded as far as the secret was encoded.
    """
    if text.lstrip()[:1] in {"{", "[", '"'}:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(text, object_pairs_hook=_unique)
            shown = masked_value(value)
            return text if shown == value else json.dumps(shown)
    # Each encoding is removed only after its secrets are masked: a decoded value could end at a separator within it.
    shown = level = _masked_by_pattern(text)
    for _ in range(_ROUNDS):
        before = level
        for decode in _DECODERS:
            decoded = decode(level)
            if decoded != level and (level := _masked_by_pattern(decoded)) != decoded:
                shown = level
        if level == before:
            return shown
    return MASK


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a dictionary would hide a field, so the text is masked by pattern")
    return found


def _unescaped(text: str) -> str:
    def character(escape: re.Match[str]) -> str:
        *codes, octal, other = escape.groups()
        if other:
            return {"n": "\n", "r": "\r", "t": "\t"}.get(other, other)
        return chr(int(octal, 8) if octal else int("".join(filter(None, codes)), 16))

    return _ESCAPE.sub(character, text)


def _unquoted(text: str) -> str:
    """Remove percent-encoding, also that of JavaScript's `escape`."""
    return unquote(_PERCENT_U.sub(lambda escape: chr(int(escape[1], 16)), text)) if "%" in text else text


_DECODERS = (_unquoted, _unescaped, html.unescape)


def _masked_by_pattern(text: str) -> str:
    text = "".join(_masked_parts(text))
    text = _DOTTED.sub(lambda token: MASK if _JWT.search(token[0]) else token[0], text)
    text = _BROKEN_USER.sub(_masked_user, _USER.sub(MASK, _BEARER.sub(rf"\1{MASK}", text)))
    return "&".join(map(_masked_pair, text.split("&")))


def _masked_user(address: re.Match[str]) -> str:
    _, at, rest = address[0].rpartition("@")
    if at:
        return MASK + rest
    return address[0] if address["cut"] is None else MASK


def _masked_pair(pair: str) -> str:
    """Mask from the first secret name on, because a semicolon separates pairs for some programs only."""
    for name in _PAIR.finditer(pair):
        *others, word = _WORD.split(name[1])
        if is_secret(name[1]) or (others and is_secret(word)):
            return pair[: name.end()] + MASK
    return pair


def _masked_parts(text: str) -> Iterator[str]:
    """Yield the parts of a multipart form with the values of secret ones masked, up to a line that is the boundary."""
    preamble, *parts = _DISPOSITION.split(text)
    yield from _masked_fields(preamble)
    boundary = next((line for line in reversed(preamble.splitlines()) if line.startswith("--")), "")
    secret = False
    for part in parts:
        blank = _BLANK_LINE.search(part)
        head = "" if secret else part[: blank.end() if blank else len(part)]
        names = _PARAMETER.findall(head)
        secret = secret or any(map(is_secret, (head, "".join(names), *names)))
        if not secret:
            line = head.partition("\n")[0]
            yield line
            yield from _masked_fields(head[len(line) :])
            yield from _masked_fields(part[len(head) :])
            continue
        # Without a blank line the value begins at the first line that is not a header of a part.
        shown = _PART_HEAD.match(head)
        yield shown[0] if shown else ""
        lines = part[shown.end() if shown else 0 :].splitlines(keepends=True)
        ends = [number for number, line in enumerate(lines) if line.rstrip("\r\n") in (boundary, f"{boundary}--")]
        secret = not (boundary and ends)
        value = "".join(lines if secret else lines[: ends[-1]])
        yield MASK + value[len(value.rstrip("\r\n")) :]
        yield "" if secret else "".join(lines[ends[-1] :])


def _masked_fields(text: str) -> Iterator[str]:
    """Yield the parts of a text with the values of secret fields masked; JSON may be broken or cut."""
    end = 0
    while field := _NAME.search(text, end):
        yield text[end : field.end()]
        end = field.end()
        if is_secret(field[1] or field[2]) and (value := _VALUE.match(text, end)):
            yield f'"{MASK}"'
            end = value.end()
    yield text[end:]
