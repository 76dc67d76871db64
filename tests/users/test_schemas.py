"""The values of a user: what was read may be sent back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from users.item_repository import email_item, former_email_item
from users.schemas import SPECIAL_USE, Email, Username

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
PUBLISHED = EMAIL.json_schema()
USERNAME: TypeAdapter[str] = TypeAdapter(Username)
PARTS = st.text(st.sampled_from("aZé\u0301ßİﬀ.-_+\u200d\u0958日१\u1e9e") | st.characters(), min_size=1, max_size=20)


@given(st.one_of(st.emails(), st.builds("{}@{}.com".format, PARTS, PARTS)))
def test_email_that_was_read_is_sent_back_unchanged(text: str) -> None:
    try:
        email = EMAIL.validate_python(text)
    except ValidationError:
        return
    assert EMAIL.validate_python(email) == email


@given(st.emails())
def test_common_email_is_accepted(text: str) -> None:
    assert re.search(PUBLISHED["pattern"], EMAIL.validate_python(text))


@given(PARTS)
def test_username_that_was_read_is_sent_back_unchanged(text: str) -> None:
    try:
        username = USERNAME.validate_python(text)
    except ValidationError:
        return
    assert USERNAME.validate_python(username) == username


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("zoe\u0308@bu\u0308cher.example.com", "zoë@bücher.example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
    ],
)
def test_email_is_composed_and_its_domain_in_lower_case(text: str, email: str) -> None:
    assert EMAIL.validate_python(text) == email


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ada <ada@example.com>", "send only the address, without a name."),
        ("ada", "An email address must have an @-sign."),
        ("ada\u202e@example.com", "contains"),
        ("ada@example", "should have a period"),
        ("ada@example.test", "special-use"),
    ],
)
def test_invalid_email_is_rejected_in_words(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as found:
        EMAIL.validate_python(text)
    assert found.value.errors()[0]["msg"].startswith("Value error, The e-mail address is not valid")


@pytest.mark.parametrize("part", ["\u0080" * 60, "x" * 64, "a(b)c", "a'b:c"])
def test_rejected_email_is_not_repeated(part: str) -> None:
    with pytest.raises(ValidationError) as found:
        EMAIL.validate_python(f"reader@{part}.com")
    message = found.value.errors()[0]["msg"]
    assert part not in message
    assert len(message) < 150


def test_published_limits_of_an_email() -> None:
    assert (PUBLISHED["format"], PUBLISHED["maxLength"]) == ("email", 254)


@pytest.mark.parametrize(
    "text", ["Ada <ada@example.com>", "a@b", "a@@example.com", "a@0.0.0.0", *map("a@b.{}".format, SPECIAL_USE)]
)
def test_email_that_the_pattern_rejects_is_rejected(text: str) -> None:
    for spelling in (text, text.upper()):
        assert not re.search(PUBLISHED["pattern"], spelling)
        with pytest.raises(ValidationError):
            EMAIL.validate_python(spelling)


@pytest.mark.parametrize("character", ["\ufdfa", "\u0390", "\U0001d15e", "\u1fb7", "\ufdfb"])
def test_address_whose_key_is_too_large_for_dynamodb_is_rejected(character: str) -> None:
    for count in range(1, 65):
        email = f"{character * count}@example.com"
        try:
            accepted = EMAIL.validate_python(email)
        except ValidationError:
            continue
        for item in (email_item(accepted), former_email_item(accepted)):
            assert len(item.pk.encode()) < 1024
    with pytest.raises(ValidationError, match="too many letters"):
        EMAIL.validate_python("\ufdfa" * 62 + "@example.com")
