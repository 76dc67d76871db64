import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.isbn import isbn13

HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


@pytest.mark.parametrize(
    ("given_isbn", "expected"),
    [
        ("9780306406157", "9780306406157"),
        ("978-0-306-40615-7", "9780306406157"),
        ("0-306-40615-2", "9780306406157"),
        ("0201835959", "9780201835953"),
        ("080442957x", "9780804429573"),
        ("0-8044-2957-X", "9780804429573"),
        ("979 10 90636 07 1", "9791090636071"),
        *((f"978{hyphen}0{hyphen}306{hyphen}40615{hyphen}7", "9780306406157") for hyphen in HYPHENS),
        ("\u00a0978\u2009- 0 - 306 - 40615 - 7 ", "9780306406157"),
        ("ISBN 978-0-306-40615-7", "9780306406157"),
        ("isbn:0306406152", "9780306406157"),
        ("ISBN-13: 978-0-306-40615-7", "9780306406157"),
        ("ISBN-10 0-306-40615-2", "9780306406157"),
        ("Isbn13 9780306406157", "9780306406157"),
        ("ISBN 10 0306406152", "9780306406157"),
        ("ISBN 1090636075", "9781090636072"),
    ],
)
def test_isbn_in_either_form_becomes_13_digits(given_isbn: str, expected: str) -> None:
    assert isbn13(given_isbn) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ISBN",
        "ISBN-13:",
        "ISBN-12: 9780306406157",
        "ISSN 9780306406157",
        "978\n0306406157",
        "977-0-306-40615-7",
        "979-0-2600-0043-8",
        "9780306406157 9",
        "X306406152",
        "030640615X2",
        "٩٧٨٠٣٠٦٤٠٦١٥٧",
        "９７８０３０６４０６１５７",  # noqa: RUF001 - full-width digits are the point
        "not an isbn!!",
    ],
)
def test_invalid_isbn_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"The ISBN is not valid: send 10 digits \(the last may be X\), or 13"):
        isbn13(text)


@pytest.mark.parametrize("text", ["9780306406158", "0306406153", "030640615X", "ISBN 978-0-306-40615-0"])
def test_wrong_check_digit_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"The ISBN is not valid: the check digit is wrong\."):
        isbn13(text)


@given(st.text(max_size=20))
def test_any_text_is_rejected_or_becomes_13_digits(text: str) -> None:
    try:
        isbn = isbn13(text)
    except ValueError:
        return
    assert re.fullmatch(r"97[89][0-9]{10}", isbn)


@given(st.integers(0, 10**12 - 1), st.integers(3, 12), st.integers(1, 9))
def test_one_wrong_digit_is_rejected(number: int, position: int, shift: int) -> None:
    body = f"978{number % 10**9:09}"
    check = next(digit for digit in "0123456789" if _accepted(body + digit))
    valid = body + check
    wrong = valid[:position] + str((int(valid[position]) + shift) % 10) + valid[position + 1 :]
    assert not _accepted(wrong)


def _accepted(text: str) -> bool:
    try:
        isbn13(text)
    except ValueError:
        return False
    return True
