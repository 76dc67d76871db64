from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from common.numbers import Digits, Whole

WHOLE = TypeAdapter(Annotated[int, Whole(1, 9999)])
DIGITS = TypeAdapter(Annotated[int, Digits(0, 2**53 - 1)])


def errors(adapter: TypeAdapter[int], value: object) -> list[str]:
    with pytest.raises(ValidationError) as found:
        adapter.validate_python(value)
    return [error["type"] for error in found.value.errors()]


@pytest.mark.parametrize("value", [647, 647.0])
def test_number_without_a_fraction_is_whole(value: float) -> None:
    number = WHOLE.validate_python(value)
    assert (number, type(number)) == (647, int)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("647", "int_type"),
        (True, "int_type"),
        (None, "int_type"),
        ([647], "int_type"),
        (647.5, "int_from_float"),
        (float("inf"), "finite_number"),
        (0, "greater_than_equal"),
        (10**400, "less_than_equal"),
    ],
)
def test_other_value_is_not_whole(value: object, error: str) -> None:
    assert errors(WHOLE, value) == [error]


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("9007199254740991", 2**53 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert DIGITS.validate_python(text) == number


@pytest.mark.parametrize("text", ["", "+1", "1_0", " 1", "1 ", "1.0", "01", "1e3", "\u0661", "\u00b2", "-0"])
def test_other_text_is_not_a_number(text: str) -> None:
    assert errors(DIGITS, text) == ["int_parsing"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("-1", "greater_than_equal"),
        ("9007199254740992", "less_than_equal"),
        ("1" * 17, "less_than_equal"),
        ("1" * 9_000, "int_parsing_size"),
    ],
)
def test_digits_have_limits(text: str, error: str) -> None:
    assert errors(DIGITS, text) == [error]


@pytest.mark.parametrize(("adapter", "limits"), [(WHOLE, (1, 9999)), (DIGITS, (0, 2**53 - 1))])
def test_limits_are_published(adapter: TypeAdapter[int], limits: Any) -> None:
    least, most = limits
    assert adapter.json_schema() == {"type": "integer", "minimum": least, "maximum": most}


def test_marks_with_the_same_limits_are_told_apart() -> None:
    # `typing` keeps one object for equal unions.
    assert TypeAdapter(Annotated[int, Whole(1, 9)] | None).validate_python(5) == 5
    assert TypeAdapter(Annotated[int, Digits(1, 9)] | None).validate_python("5") == 5
