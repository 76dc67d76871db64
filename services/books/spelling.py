"""Normalises the spelling of names and tags."""

import unicodedata
from typing import Final

LONGEST_AUTHOR: Final = 256
LONGEST_TAG: Final = 32
# Tags that were stored before the limit held for their folded form have up to three times as many characters.
LONGEST_TAG_FILTER: Final = 128


def folded(text: str) -> str:
    """Return the text without differences in letter case, composition and spaces.

    Source: The Unicode Standard, section 3.13, definition D145 (canonical caseless matching), here composed.
    """
    caseless = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return " ".join(caseless.split())


def author_key(author: str) -> str:
    """Return the key under which an author's books are indexed: the folded name, cut to 256 characters."""
    return folded(author)[:LONGEST_AUTHOR]
