"""Whole numbers in bodies and in parameters, accepted as the JSON schema `type: integer` says."""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

DIGITS: Final = re.compile("0|-?[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks an `int` of a JSON body: 647 and 647.0 are the same number, "647" and true are not numbers."""

    ge: int
    le: int

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with both limits, which a field's own limits would not add to the JSON schema."""
        return core_schema.no_info_before_validator_function(_number, core_schema.int_schema(ge=self.ge, le=self.le))


@dataclass(frozen=True, slots=True)
class Digits:
    """Marks an `int` of a path or a query, written as in JSON: `+1`, `1_0`, `1.0`, ` 1` and `01` are rejected."""

    ge: int
    le: int

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema with both limits, which a field's own limits would not add to the JSON schema."""
        return core_schema.no_info_before_validator_function(_digits, core_schema.int_schema(ge=self.ge, le=self.le))


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


def _digits(value: object) -> object:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value
