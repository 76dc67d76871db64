"""Codec between DynamoDB's attribute values and plain Python values.

It gives what boto3's codec (`boto3.dynamodb.types`) gives for these types, without the import of boto3, which would
make every cold start slower.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

type Plain = str | int | bool | list[Plain] | dict[str, Plain] | None

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
LARGEST_NUMBER: Final = 10**38 - 1  # with 38 digits


def encode(item: Mapping[str, Plain]) -> dict[str, Any]:
    """Return the attribute values of an item.

    Raises:
        TypeError: A value has a type that DynamoDB cannot store exactly, such as a float.
        ValueError: A number has more than 38 digits.
    """
    return {name: _encoded(value) for name, value in item.items()}


def decode(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of an item; every number in it must be whole.

    Raises:
        TypeError: A value has a type that `encode` never writes, such as a set.
        ValueError: A number has a fraction.
    """
    return {name: _decoded(value) for name, value in item.items()}


def _encoded(value: Plain) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            if abs(value) > LARGEST_NUMBER:
                raise ValueError("a number has more than 38 digits")
            return {"N": str(value)}
        case list():
            return {"L": [_encoded(element) for element in value]}
        case dict():
            return {"M": encode(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _decoded(value: Mapping[str, Any]) -> Any:
    [(kind, held)] = value.items()
    match kind:
        case "S" | "BOOL":
            return held
        case "N":
            return _whole(held)
        case "NULL":
            return None
        case "L":
            return [_decoded(element) for element in held]
        case "M":
            return decode(held)
    raise TypeError(f"values of type {kind} are not plain")


def _whole(number: str) -> int:
    try:
        return int(number)
    except ValueError:
        # DynamoDB may return 1E+2 for 100.
        exact = Decimal(number)
        if exact != exact.to_integral_value():
            raise ValueError(f"{number} is not a whole number") from None
        return int(exact)
