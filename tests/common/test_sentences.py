"""Sentences about values that are not valid."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    StrictBool,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import core_schema

from common.http.sentences import OTHER, SENTENCES, sentence


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")

    x: int


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("The number is even.")
    return value


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (bool, "maybe", "Send true or false."),
        (StrictBool, 1, "Send true or false."),
        (date, "soon", "Send a date, such as 2026-01-31."),
        (date, "2026-01-31T12:00:00", "Send a date without a time."),
        (date, [], "Send a date, such as 2026-01-31."),
        (datetime, "soon", "Send a time, such as 2026-01-31T12:00:00Z."),
        (datetime, [], "Send a time, such as 2026-01-31T12:00:00Z."),
        (AwareDatetime, "2026-01-31T12:00:00", "Send a time with its offset from UTC, such as 2026-01-31T12:00:00Z."),
        (NaiveDatetime, "2026-01-31T12:00:00Z", "Send a time without an offset from UTC."),
        (time, "soon", "Send a time of day, such as 12:00:00."),
        (time, [], "Send a time of day, such as 12:00:00."),
        (Decimal, "many", "Send a number."),
        (Decimal, [], "Send a number."),
        (dict[str, int], 1, "Send an object."),
        (Colour, "green", "Send one of these: 'red' or 'blue'."),
        (Literal["a", "b"], "c", "Send one of these: 'a' or 'b'."),
        (Point, {"x": 1, "y": 2}, "There is no such field."),
        (Point, {}, "This value is required."),
        (Point, 1, "Send an object."),
        (Annotated[float, Field(allow_inf_nan=False)], float("inf"), "Send a finite number."),
        (float, "many", "Send a number."),
        (float, [], "Send a number."),
        (int, "many", "Send a whole number."),
        (int, "9" * 5_000, "The number is too large."),
        (int, 1.5, "Send a whole number."),
        (int, [], "Send a whole number."),
        (Annotated[int, Field(gt=1)], 1, "Send more than 1."),
        (Annotated[int, Field(ge=2)], 1, "Send at least 2."),
        (Annotated[int, Field(lt=1)], 1, "Send less than 1."),
        (Annotated[int, Field(le=0)], 1, "Send at most 0."),
        (Annotated[int, Field(multiple_of=2)], 1, "Send a multiple of 2."),
        (list[int], 1, "Send a list."),
        (set[int], 1, "Send a list."),
        (tuple[int, ...], 1, "Send a list."),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "At most 1 item is allowed."),
        (Annotated[list[int], Field(min_length=2)], [1], "At least 2 items are required."),
        (str, 1, "Send a string."),
        (Annotated[str, Field(max_length=9)], "\ud800", "The text contains half of a surrogate pair."),
        (Annotated[str, Field(max_length=1)], "ab", "At most 1 character is allowed."),
        (Annotated[str, Field(min_length=2)], "a", "At least 2 characters are required."),
        (Annotated[str, Field(min_length=1)], "", "The text is empty."),
        (Annotated[str, Field(pattern="^a$")], "b", "The value does not have the documented form."),
        (AnyUrl, "nowhere", "Send a URL."),
        (AnyUrl, [], "Send a URL."),
        (UUID, "one", "Send a UUID."),
        (UUID, [], "Send a UUID."),
        (Annotated[int, AfterValidator(_odd)], 2, "The number is even."),
        (complex, "i", OTHER),
    ],
)
def test_error_is_a_plain_sentence(kind: Any, value: object, expected: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    [error] = raised.value.errors()
    assert sentence(error) == expected


def test_every_sentence_belongs_to_an_error_type() -> None:
    assert set(SENTENCES) <= set(get_args(core_schema.ErrorType))
