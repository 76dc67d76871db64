"""What must not be written, taken out of what is written."""

import re
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ParamValidationError
from fastapi.exceptions import ValidationException
from pydantic import ValidationError

HIDDEN: Final = "[hidden]"
# Their messages repeat the values that they refuse: bodies, items, passwords.
QUOTING: Final = (ParamValidationError, ValidationError, ValidationException)
# Possessive, and begun only where a word begins: linear in whatever a caller makes us look at.
_ADDRESS: Final = r"""(?<![^\s@"'<>()\[\]:;,\\])[^\s@"'<>()\[\]:;,\\]++@[\w-]++(?:\.[\w-]++)+"""
_JWT: Final = r"(?<![\w-])eyJ[\w-]++\.[\w-]++(?:\.[\w-]*+)?"
SECRET: Final = re.compile(f"{_ADDRESS}|{_JWT}")


def redacted(value: Any) -> Any:
    """Return what JSON can hold of a value, without e-mail addresses, tokens, and messages that quote what they refuse.

    Passwords and other bare words cannot be recognized: nobody may log them, or raise what holds them.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {key: redacted(part) for key, part in value.items()}
        case list() | tuple():
            return [redacted(part) for part in value]
        case BaseException():
            return redacted(HIDDEN if isinstance(value, QUOTING) else str(value))
    text = str(value)
    return SECRET.sub(HIDDEN, text) if "@" in text or "eyJ" in text else text


def without_quotations(text: str, error: BaseException | None) -> str:
    """Return the traceback of an error without the messages that quote what they refuse."""
    for shown in _chain(error):
        message = str(shown)
        if isinstance(shown, QUOTING) and message:
            text = text.replace(message, HIDDEN)
    return text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
