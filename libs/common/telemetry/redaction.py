"""Removes e-mail addresses, tokens and quoted input from log lines."""

import re
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ParamValidationError
from fastapi.exceptions import ValidationException
from pydantic import ValidationError

HIDDEN: Final = "[hidden]"
# Their messages quote the rejected values: bodies, items, passwords.
QUOTING: Final = (ParamValidationError, ValidationError, ValidationException)
# Possessive, and begun only where a word begins, so that the time is linear in the input.
_ADDRESS: Final = r"""(?<![^\s@"'<>()\[\]:;,\\])[^\s@"'<>()\[\]:;,\\]++@[\w-]++(?:\.[\w-]++)+"""
_ENCODED: Final = r"(?<![\w.+-])[\w.+-]++%40[\w-]++(?:\.[\w-]++)+"  # as in a form
_JWT: Final = r"(?<![\w-])eyJ[\w-]++\.[\w-]++(?:\.[\w-]*+)?"
SECRET: Final = re.compile(f"{_ADDRESS}|{_ENCODED}|{_JWT}")
MARKS: Final = ("@", "%40", "eyJ")  # Without one of them there is nothing to find.


def redacted(value: Any) -> Any:
    """Return a value as JSON types, without e-mail addresses, tokens, and error messages that quote rejected input.

    Passwords cannot be recognised: never log them, nor raise an exception whose message contains one.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {key: redacted(part) for key, part in value.items()}
        case list() | tuple():
            return [redacted(part) for part in value]
        case BaseException():
            return redacted(HIDDEN if isinstance(value, QUOTING) else _text(value))
    text = _text(value)
    return SECRET.sub(HIDDEN, text) if may_hide(text) else text


def may_hide(text: str) -> bool:
    """Return whether a text may contain an address or a token; false for most texts, at little cost."""
    return any(mark in text for mark in MARKS)


def _text(value: object) -> str:
    """Return the text of a value, or the name of its type: a value that cannot be shown must not cost the line."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever the value's own code raises
        return f"<{type(value).__name__}>"


def without_quotations(text: str, error: BaseException | None) -> str:
    """Return the traceback of an error without the messages that quote rejected input."""
    for shown in _shown_with(error):
        # Not for others, because the `str` of a bug may itself raise.
        if isinstance(shown, QUOTING) and (message := str(shown)):
            # The members of a group are indented, after a line.
            quoted = r"\n[ |]*".join(map(re.escape, message.splitlines()))
            text = re.sub(quoted, HIDDEN, text)
    return text


def _shown_with(error: BaseException | None) -> Iterator[BaseException]:
    """Yield each error that a traceback shows once, even if the causes are cyclic."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__]
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions
