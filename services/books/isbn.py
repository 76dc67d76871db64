"""Validates ISBNs, the numbers of books, with 10 or 13 digits."""

import re
from typing import Final

# What people write between the digits, such as " - ": spaces, hyphens, dashes, the minus sign and the soft hyphen.
BETWEEN: Final = r"[ \xa0\xad\u2002-\u200a\u2010-\u2015\u202f\u2212-]{0,3}"
# 979-0 is not a book: printed music has numbers of its own (ISMN).
THIRTEEN: Final = rf"9{BETWEEN}7{BETWEEN}(?:8{BETWEEN}[0-9]|9{BETWEEN}[1-9])(?:{BETWEEN}[0-9]){{9}}"
TEN: Final = rf"[0-9](?:{BETWEEN}[0-9]){{8}}{BETWEEN}[0-9Xx]"
PATTERN: Final = rf"^{BETWEEN}(?:[Ii][Ss][Bb][Nn](?:[- ]?1[03])?:?)?{BETWEEN}({THIRTEEN}|{TEN}){BETWEEN}$"
MATCHER: Final = re.compile(PATTERN)
ISBN_10_LENGTH: Final = 10


def isbn13(text: str) -> str:
    """Return an ISBN-10 or ISBN-13 as thirteen digits. It may begin with `ISBN` and contain hyphens and spaces.

    Source: ISBN Users' Manual, 7th edition, section 5 (structure) and appendix 1 (check digits).

    Raises:
        ValueError: The length, a character, the prefix or the check digit is wrong.
    """
    written = MATCHER.fullmatch(text)
    if written is None:
        raise ValueError("The ISBN is not valid: send 10 digits (the last may be X), or 13 that begin with 978 or 979.")
    compact = re.sub("[^0-9X]", "", written[1].upper())
    of_ten = len(compact) == ISBN_10_LENGTH
    isbn = _with_check_digit(f"978{compact[:9]}" if of_ten else compact[:12])
    if compact[-1] != (_check_digit_of_ten(compact) if of_ten else isbn[-1]):
        raise ValueError("The ISBN is not valid: the check digit is wrong.")
    return isbn


def _check_digit_of_ten(compact: str) -> str:
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), compact[:9], strict=True))
    return "0123456789X"[-total % 11]


def _with_check_digit(body: str) -> str:
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return f"{body}{-total % 10}"
