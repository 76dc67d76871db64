import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.spelling import author_key, folded

HASH_KEY_BYTES = 2048  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Donald E. Knuth", "  donald e.   KNUTH "),
        ("Antoine de Saint-Exupéry", "ANTOINE DE SAINT-EXUPE\u0301RY"),
        ("Franz Strauß", "Franz STRAUSS"),
        ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
        ("Karel Čapek", "Karel\u00a0C\u030capek"),
    ],
)
def test_letter_case_composition_and_spaces_do_not_count(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert author_key(one) == author_key(other)


def test_other_names_stay_others() -> None:
    assert folded("Émile") != folded("Emile")


@given(st.text())
def test_what_is_folded_is_found_by_its_folded_form_however_it_was_composed(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text)) == once


@given(st.text(min_size=1, max_size=256))
def test_a_key_is_never_too_long(author: str) -> None:
    assert len(author_key(author).encode()) <= HASH_KEY_BYTES


def test_a_name_of_characters_that_grow_is_cut() -> None:
    assert len(folded("\U0001d160" * 256).encode()) > HASH_KEY_BYTES
    assert len(author_key("\U0001d160" * 256).encode()) <= HASH_KEY_BYTES
