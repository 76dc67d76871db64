"""Whole numbers in bodies and in parameters, accepted as the JSON schema `type: integer` says.

The marks are no tuples: `Whole(1, 9)` and `Digits(1, 9)` would be equal, and `typing` keeps one of two equal unions.
"""

import re
from typing import Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

DIGITS: Final = re.compile("0|-?[1-9][0-9]*")


class Whole:
    """Marks an `int` of a JSON body: 647 and 647.0 are the same number, "647" and true are not numbers."""

    def __init__(self, ge: int, le: int) -> None:
        self._schema = core_schema.int_schema(ge=ge, le=le)

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with both limits, which a field's own limits would not add to the JSON schema."""
        return core_schema.no_info_before_validator_function(_number, self._schema)


class Digits:
    """Marks an `int` of a path or a query, written as in JSON: `+1`, `1_0`, `1.0`, ` 1` and `01` are rejected."""

    def __init__(self, ge: int, le: int) -> None:
        self._schema = core_schema.int_schema(ge=ge, le=le)

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with both limits, which a field's own limits would not add to the JSON schema."""
        return core_schema.no_info_before_validator_function(_digits, self._schema)


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


def _digits(value: object) -> object:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value
