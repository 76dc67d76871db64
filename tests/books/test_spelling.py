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
def test_case_composition_and_spacing_are_ignored(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert author_key(one) == author_key(other)


def test_accents_are_not_ignored() -> None:
    assert folded("Émile") != folded("Emile")


@given(st.text())
def test_folding_is_idempotent_and_ignores_composition(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text)) == once


@given(st.text(min_size=1, max_size=256))
def test_author_key_fits_a_hash_key(author: str) -> None:
    assert len(author_key(author).encode()) <= HASH_KEY_BYTES


def test_author_of_expanding_characters_is_cut() -> None:
    assert len(folded("\U0001d160" * 256).encode()) > HASH_KEY_BYTES
    assert len(author_key("\U0001d160" * 256).encode()) <= HASH_KEY_BYTES
