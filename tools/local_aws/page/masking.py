"""Masks secrets of a shown request: credentials, cookies, and fields whose names say that they are secret.

Names are compared without case and punctuation, so one rule holds for headers, parameters and fields of a body. Log
lines and traces are never masked, because a secret in them is a bug that must be seen.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

MASK = "[masked]"

_SECRET = re.compile(
    r"password|passwd|passphrase|secret|apikey|privatekey|credential|signature|assertion|tokens?$|^pwd$|^jwt$"
    r"|^(proxy)?authorization$"
)
# A JSON Web Token under any name: https://www.rfc-editor.org/rfc/rfc7519#section-3
_JWT = re.compile(r"\beyJ[\w-]{10,}\.[\w-]{2,}(?:\.[\w-]*)?")
# The name of a field in what is not quite JSON, and its value. Nobody knows where a list or an object without its end
# ends, so that it reaches to the end of the text.
_NAME = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.-])[\w.-]+)\s*:\s*""", re.DOTALL)
_VALUE = re.compile(
    r""""(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)|[\[{].*|[^,}\]\r\n]*""",
    re.DOTALL,
)
_PART = re.compile(r'(name="([^"\r\n]{1,100})"[^\r\n]*\r\n(?:[^\r\n]+\r\n){0,9}\r\n).*?(?=\r\n--|\Z)', re.DOTALL)
_BEFORE_NAME = re.compile(r"[\s\"'<>{},?]")


def is_secret(name: str) -> bool:
    """Return whether a header, parameter or field of this name is secret."""
    return _SECRET.search(re.sub(r"[^a-z0-9]", "", name.lower())) is not None


def masked_header(name: str, value: str) -> str:
    """Mask a header's value, but not the scheme of credentials, or the names and attributes of cookies."""
    match name.lower():
        case "cookie":
            return "; ".join(masked_cookie(cookie.strip()) for cookie in value.split(";"))
        case "set-cookie":
            cookie, semicolon, attributes = value.partition(";")
            return masked_cookie(cookie) + semicolon + attributes
        case "authorization" | "proxy-authorization" if " " in value:
            return f"{value.partition(' ')[0]} {MASK}"
        case "location" | "referer":
            address, mark, query = value.partition("?")
            return address + mark + masked_query(query)
    return MASK if is_secret(name) else _JWT.sub(MASK, value)


def masked_cookie(cookie: str) -> str:
    """Mask the value in `name=value`, or the whole cookie if it has no name."""
    name, equals, _ = cookie.partition("=")
    return f"{name}={MASK}" if equals else MASK


def masked_query(query: str) -> str:
    """Mask the secret values of a query string or of a form, encoded as they are sent."""
    return _JWT.sub(MASK, "&".join(map(_masked_pair, query.split("&"))))


def _masked_pair(pair: str) -> str:
    """Mask from the first secret name on, because a semicolon separates pairs for some programs only."""
    done: list[str] = []
    for part in pair.split(";"):
        name, equals, _ = part.partition("=")
        if equals and is_secret(unquote_plus(_BEFORE_NAME.split(name)[-1])):
            return ";".join((*done, f"{name}={MASK}"))
        done.append(part)
    return pair


def masked_text(text: str) -> str:
    """Mask the secrets in a body that is JSON, a form in either encoding, or the beginning of one."""
    secret = _JWT.search(text) is not None

    def mask(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # The text is replaced also if a later field of the same name hides the secret.
        nonlocal secret
        secret = secret or any(is_secret(name) for name, _ in pairs)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=mask)
        return json.dumps(masked_value(value)) if secret else text
    except (ValueError, RecursionError):
        pass
    text = "".join(_masked_fields(text))
    text = _PART.sub(lambda part: f"{part[1]}{MASK}" if is_secret(part[2]) else part[0], text)
    return masked_query(text)


def _masked_fields(text: str) -> Iterator[str]:
    """Yield the parts of a text with the values of secret fields masked; JSON may be broken or cut."""
    end = 0
    while field := _NAME.search(text, end):
        yield text[end : field.end()]
        end = field.end()
        name = field[1].strip("\"'")
        with contextlib.suppress(ValueError):
            name = str(json.loads(f'"{name}"'))
        if is_secret(name) and (value := _VALUE.match(text, end)):
            yield f'"{MASK}"'
            end = value.end()
    yield text[end:]


def masked_value(value: Any) -> Any:
    """Mask the secret fields of a JSON value, however deep they are."""
    if isinstance(value, Mapping):
        return {name: MASK if is_secret(name) else masked_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked_value(inner) for inner in value]
    return _JWT.sub(MASK, value) if isinstance(value, str) else value
