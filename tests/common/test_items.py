from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from common.dynamodb.items import LARGEST_NUMBER, Plain, decode, encode

# DynamoDB keeps 38 significant digits.
NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@settings(max_examples=40)  # nested values are slow to generate
@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_encoded_item_is_what_boto3_makes_of_it_and_is_decoded_unchanged(item: dict[str, Plain]) -> None:
    encoded = encode(item)
    assert repr(encoded) == repr({name: TypeSerializer().serialize(value) for name, value in item.items()})
    decoded = decode(encoded)
    assert decoded == item
    assert repr(decoded) == repr(item)


@given(st.integers(0, 40), st.integers(-99, 99))
def test_number_with_an_exponent_is_decoded_as_boto3_does(exponent: int, digits: int) -> None:
    stored: Any = {"N": f"{digits}E+{exponent}"}
    decoded = decode({"number": stored})["number"]
    assert type(decoded) is int
    assert decoded == TypeDeserializer().deserialize(stored)


@pytest.mark.parametrize("number", [LARGEST_NUMBER + 1, -LARGEST_NUMBER - 1])
def test_number_that_dynamodb_would_round_is_rejected(number: int) -> None:
    with pytest.raises(ValueError, match="38 digits"):
        encode({"number": number})


@pytest.mark.parametrize("value", [1.5, b"bytes", {"set"}, ("tuple",), Decimal(1), object()])
def test_type_that_cannot_be_read_back_is_rejected(value: object) -> None:
    with pytest.raises(TypeError):
        encode({"value": value})  # type: ignore[dict-item]


@pytest.mark.parametrize("value", [{"SS": ["a"]}, {"B": b"bytes"}])
def test_stored_type_that_is_not_plain_is_rejected(value: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=next(iter(value))):
        decode({"value": value})


def test_stored_fraction_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"1\.5 is not a whole number"):
        decode({"price": {"N": "1.5"}})
