"""Validates ISBNs, the numbers of books, with 10 or 13 digits."""

from typing import Final

ISBN_10_LENGTH: Final = 10
ISBN_13_LENGTH: Final = 13
ISBN_13_PREFIXES: Final = ("978", "979")
MUSIC_PREFIX: Final = "9790"  # printed music has numbers of its own (ISMN)


def isbn13(text: str) -> str:
    """Return an ISBN-10 or ISBN-13, hyphens and spaces aside, as thirteen digits.

    Source: ISBN Users' Manual, 7th edition, section 5 (structure) and appendix 1 (check digits).

    Raises:
        ValueError: The length, a character, the prefix or the check digit is wrong.
    """
    compact = text.replace("-", "").replace(" ", "").upper()
    if len(compact) == ISBN_10_LENGTH and _is_isbn10(compact):
        return _with_check_digit(f"978{compact[:9]}")
    if (
        len(compact) == ISBN_13_LENGTH
        and compact.isascii()
        and compact.isdecimal()
        and compact.startswith(ISBN_13_PREFIXES)
        and not compact.startswith(MUSIC_PREFIX)
        and _with_check_digit(compact[:12]) == compact
    ):
        return compact
    raise ValueError("the ISBN is not valid: send 10 or 13 digits with a correct check digit")


def _is_isbn10(compact: str) -> bool:
    body, check = compact[:9], compact[9]
    if not (compact.isascii() and body.isdecimal() and (check.isdecimal() or check == "X")):
        return False
    digits = [*map(int, body), 10 if check == "X" else int(check)]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0


def _with_check_digit(body: str) -> str:
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return f"{body}{-total % 10}"
