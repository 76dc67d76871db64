import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.dynamodb.items import Plain, decode, encode

# DynamoDB keeps 38 significant digits.
NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@settings(max_examples=40)  # nested values are slow to generate
@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_encoded_item_is_decoded_unchanged(item: dict[str, Plain]) -> None:
    decoded = decode(encode(item))
    assert decoded == item
    assert repr(decoded) == repr(item)


def test_float_is_rejected() -> None:
    with pytest.raises(TypeError):
        encode({"price": 1.5})  # type: ignore[dict-item]


def test_stored_fraction_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"1\.5 is not a whole number"):
        decode({"price": {"N": "1.5"}})
