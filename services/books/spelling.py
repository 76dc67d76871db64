"""What different spellings of one name or word have in common."""

import unicodedata
from typing import Final

KEY_CHARACTERS: Final = 256


def folded(text: str) -> str:
    """Return what spellings of one word share: letter case, composition and the width of spaces do not count.

    Source: The Unicode Standard, section 3.13, definition D145 (canonical caseless matching), here composed.
    """
    caseless = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return " ".join(caseless.split())


def author_key(author: str) -> str:
    """Return by what an author's books are found: the folded name, as much of it as a key of DynamoDB surely holds."""
    return folded(author)[:KEY_CHARACTERS]
