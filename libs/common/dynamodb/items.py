"""Codec between DynamoDB's attribute values and plain Python values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

type Plain = str | int | bool | list[Plain] | dict[str, Plain] | None

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def encode(item: Mapping[str, Plain]) -> dict[str, Any]:
    """Return the attribute values of an item.

    Raises:
        TypeError: A value has a type that DynamoDB cannot store exactly, such as a float.
    """
    return {name: _serializer.serialize(value) for name, value in item.items()}


def decode(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of an item; every number in it must be whole.

    Raises:
        ValueError: A number has a fraction.
    """
    return {name: _plain(_deserializer.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            if value != value.to_integral_value():
                raise ValueError(f"{value} is not a whole number")
            return int(value)
        case list():
            return [_plain(element) for element in value]
        case dict():
            return {name: _plain(element) for name, element in value.items()}
        case _:
            return value
