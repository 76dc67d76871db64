"""Masks secrets of a shown request: credentials, cookies, and fields whose names say that they are secret.

Names are compared without case and punctuation, so one rule holds for headers, parameters and fields of a body. Log
lines and traces are never masked, because a secret in them is a bug that must be seen.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

MASK = "[masked]"

_SECRET = re.compile(
    r"password|passwd|passphrase|secret|apikey|privatekey|credential|token$|^pwd$|^(proxy)?authorization$"
)
_JSON_FIELD = re.compile(r'("([^"\\]{1,100})"\s{0,9}:\s{0,9})"(?:[^"\\]|\\.)*("?)', re.DOTALL)
_PAIR = re.compile(r"(?:^|(?<=&))([^=&\s]{1,100})=([^&\r\n]*)")
_PART = re.compile(r'(name="([^"\r\n]{1,100})"[^\r\n]*\r\n(?:[^\r\n]+\r\n){0,9}\r\n).*?(?=\r\n--|\Z)', re.DOTALL)


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
    return MASK if is_secret(name) else value


def masked_cookie(cookie: str) -> str:
    """Mask the value in `name=value`, or the whole cookie if it has no name."""
    name, equals, _ = cookie.partition("=")
    return f"{name}={MASK}" if equals else MASK


def masked_query(query: str) -> str:
    """Mask the secret values of a query string or of a form, encoded as they are sent."""
    return _PAIR.sub(lambda pair: f"{pair[1]}={MASK}" if is_secret(pair[1]) else pair[0], query)


def masked_text(text: str) -> str:
    """Mask the secrets in a body that is JSON, a form in either encoding, or the beginning of one."""
    try:
        value = json.loads(text)
        masked = masked_value(value)
        return text if masked == value else json.dumps(masked)
    except (ValueError, RecursionError):
        pass
    text = _JSON_FIELD.sub(lambda field: f'{field[1]}"{MASK}{field[3]}' if is_secret(field[2]) else field[0], text)
    text = _PART.sub(lambda part: f"{part[1]}{MASK}" if is_secret(part[2]) else part[0], text)
    return masked_query(text)


def masked_value(value: Any) -> Any:
    """Mask the secret fields of a JSON value, however deep they are."""
    if isinstance(value, Mapping):
        return {name: MASK if is_secret(name) else masked_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked_value(inner) for inner in value]
    return value
