"""What is wrong with a value, as a sentence for the caller.

pydantic's own messages show regular expressions and Python's words for types.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

# By pydantic's error type. The placeholders are those of the error's context.
SENTENCES: Final = {
    "bool_parsing": "Send true or false.",
    "bool_type": "Send true or false.",
    "date_from_datetime_inexact": "Send a date without a time.",
    "date_from_datetime_parsing": "Send a date, such as 2026-01-31.",
    "date_parsing": "Send a date, such as 2026-01-31.",
    "date_type": "Send a date, such as 2026-01-31.",
    "datetime_from_date_parsing": "Send a time, such as 2026-01-31T12:00:00Z.",
    "datetime_parsing": "Send a time, such as 2026-01-31T12:00:00Z.",
    "datetime_type": "Send a time, such as 2026-01-31T12:00:00Z.",
    "decimal_parsing": "Send a number.",
    "decimal_type": "Send a number.",
    "dict_type": "Send an object.",
    "enum": "Send one of these: {expected}.",
    "extra_forbidden": "There is no such field.",
    "finite_number": "Send a finite number.",
    "float_parsing": "Send a number.",
    "float_type": "Send a number.",
    "greater_than": "Send more than {gt}.",
    "greater_than_equal": "Send at least {ge}.",
    "int_from_float": "Send a whole number.",
    "int_parsing": "Send a whole number.",
    "int_parsing_size": "The number is too large.",
    "int_type": "Send a whole number.",
    "less_than": "Send less than {lt}.",
    "less_than_equal": "Send at most {le}.",
    "list_type": "Send a list.",
    "literal_error": "Send one of these: {expected}.",
    "missing": "This value is required.",
    "model_attributes_type": "Send an object.",
    "model_type": "Send an object.",
    "multiple_of": "Send a multiple of {multiple_of}.",
    "set_type": "Send a list.",
    "string_pattern_mismatch": "The value does not have the documented form.",
    "string_too_long": "At most {max_length} characters are allowed.",
    "string_too_short": "At least {min_length} characters are required.",
    "string_type": "Send a string.",
    "string_unicode": "The text contains half of a surrogate pair.",
    "time_parsing": "Send a time of day, such as 12:00:00.",
    "time_type": "Send a time of day, such as 12:00:00.",
    "timezone_aware": "Send a time with its offset from UTC, such as 2026-01-31T12:00:00Z.",
    "timezone_naive": "Send a time without an offset from UTC.",
    "too_long": "At most {max_length} items are allowed.",
    "too_short": "At least {min_length} items are required.",
    "tuple_type": "Send a list.",
    "url_parsing": "Send a URL.",
    "url_type": "Send a URL.",
    "uuid_parsing": "Send a UUID.",
    "uuid_type": "Send a UUID.",
}
PLURAL_OF_ONE: Final = re.compile(r"\b1 (character|item)s are")
OTHER: Final = "The value is not valid."
# Types of errors whose messages the product wrote itself.
OWN: Final = {"value_error", "unknown_parameter", "repeated_parameter"}


def sentence(error: Mapping[str, Any]) -> str:
    """Return what is wrong, from an error as pydantic describes it; a validator's own message stays as it is."""
    kind: str = error["type"]
    if kind in OWN:
        message: str = error["msg"].removeprefix("Value error, ")
        return f"{message[:1].upper()}{message[1:]}{'' if message.endswith('.') else '.'}"
    if kind == "string_too_short" and error["ctx"]["min_length"] == 1:
        return "The text is empty."
    message = SENTENCES.get(kind, OTHER).format_map(error.get("ctx", {}))
    return PLURAL_OF_ONE.sub(r"1 \1 is", message)
