"""Lines of text: behaviour and published schema agree, and a line that was read may be sent back."""

import re
import sys
import unicodedata
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from common.text import PATTERN, SPACES, Filter, Line

LIMIT = 16
LINE = TypeAdapter(Annotated[str, Line(LIMIT)])
FILTER = TypeAdapter(Annotated[str, Filter(LIMIT)])
# Mostly characters that have a rule of their own.
ODD = st.one_of(
    st.sampled_from("aK1* é\u0958\u212a\u037e\u0301\u200b\u200c\u200d\u202e\ufe0f\u20e3\u00a0\u2800\u3164\t\n\x85\x00"),
    st.sampled_from("📚\U0001d160\U000e0041\U000e0100\U0001d173\ufdd0\uffff\ue000\u0378\ufeff\u00ad\u180b"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.text(ODD, max_size=LIMIT + 2)


def stored(adapter: TypeAdapter[str], text: str) -> str | None:
    try:
        return adapter.validate_python(text)
    except ValidationError:
        return None


def valid(adapter: TypeAdapter[str], text: str) -> bool:
    schema = adapter.json_schema()
    return schema["minLength"] <= len(text) <= schema["maxLength"] and bool(re.search(schema["pattern"], text))


def test_spaces_are_those_that_python_strips() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    assert re.findall(f"[{SPACES}]", "".join(characters)) == [each for each in characters if each.isspace()]


@given(TEXTS)
def test_line_is_accepted_exactly_if_its_schema_says_so(text: str) -> None:
    assert (stored(LINE, text) is not None) is valid(LINE, text)


@given(st.from_regex(PATTERN, fullmatch=True).filter(lambda text: len(text) <= 256))
def test_text_generated_from_the_pattern_is_accepted(text: str) -> None:
    assert Line(256).normalised(text)


@given(TEXTS)
def test_stored_line_is_sent_back_unchanged(text: str) -> None:
    line = stored(LINE, text)
    if line is not None:
        assert stored(LINE, line) == line == line.strip()
        assert stored(FILTER, line) == line


@given(TEXTS)
def test_filter_is_accepted_exactly_if_its_schema_says_so(text: str) -> None:
    assert (stored(FILTER, text) is not None) is valid(FILTER, text)


@pytest.mark.parametrize(
    "text",
    [
        "Gödel, Escher, Bach 📚",
        "\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\u200d\N{ROCKET}",
        "\N{HEAVY BLACK HEART}\ufe0f\u200d\N{FIRE}",
        "1\ufe0f\u20e3",
        "می\u200cخواهم",  # noqa: RUF001 - Persian joins words without a space
        "അവന്\u200d",
        "葛\U000e0100",
        "⠃\u2800⠃",
    ],
)
def test_line_in_any_script_is_kept(text: str) -> None:
    assert Line(64).normalised(text) == text


def test_line_is_stripped_and_composed() -> None:
    assert Line(8).normalised("\u3000e\u0301\n\t") == "é"


def test_line_with_a_longer_composed_form_is_kept_as_sent() -> None:
    assert len(unicodedata.normalize("NFC", "\u0958" * 64)) == 128
    assert Line(64).normalised("\u0958" * 64) == "\u0958" * 64
    assert Line(64).normalised("\u0958") == "\u0915\u093c"


def test_line_that_would_be_hidden_when_composed_is_kept_as_sent() -> None:
    assert Line(64).normalised("\N{KELVIN SIGN}") == "K"
    assert Line(64).normalised("\N{KELVIN SIGN}\u200d") == "\N{KELVIN SIGN}\u200d"


@pytest.mark.parametrize(
    "hidden",
    [
        *"\x00\x07\x1b\x7f\x85\x9f\n\u2028\u2029\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200e\u200f\u2060\u3164",
        *"\ufeff\uffa0\ufff9\U0001bca0\U0001d173\U000e0001\U000e0041",
        *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_hidden_characters_are_rejected_in_words(hidden: str) -> None:
    with pytest.raises(ValueError, match=r"Line breaks, control characters, and characters that are invisible"):
        Line(64).normalised(f"a{hidden}b")
    assert stored(LINE, hidden) is None


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d", "\ufe0f", "\u180b", "\U000e0100"])
def test_joiner_is_rejected_without_a_character_to_join(joiner: str) -> None:
    for text in (joiner, f"a{joiner}", f"admin{joiner}istrator", f"é {joiner}", f"é{joiner * 3}"):
        assert stored(LINE, text) is None, ascii(text)


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u3000\u2003"])
def test_blank_text_is_rejected_in_words(text: str) -> None:
    for adapter in (LINE, FILTER):
        with pytest.raises(ValidationError, match=r"Send at least one visible character\."):
            adapter.validate_python(text)


def test_too_long_text_is_rejected_in_words() -> None:
    for adapter in (LINE, FILTER):
        with pytest.raises(ValidationError, match=r"At most 16 characters are allowed\. This text has 17\."):
            adapter.validate_python(" " * 17)


@pytest.mark.parametrize("value", ["\ud800", "a\udc00", 1, None, ["a"]])
def test_other_value_is_not_a_line(value: object) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(value)


def test_marks_with_the_same_limit_are_told_apart() -> None:
    # `typing` keeps one object for equal unions.
    assert TypeAdapter(Annotated[str, Line(7)] | None).validate_python(" a ") == "a"
    assert TypeAdapter(Annotated[str, Filter(7)] | None).validate_python(" a ") == " a "
