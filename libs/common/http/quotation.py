"""Quotes what a caller sent inside a response."""

from typing import Final

LONGEST_QUOTATION: Final = 64  # characters


def quoted(text: str) -> str:
    """Return text that a caller sent, cut to 64 characters, so that it cannot fill a response.

    Characters that cannot be printed, such as lone surrogates and directional marks, are escaped.
    """
    cut = text[: LONGEST_QUOTATION + 1]
    if not cut.isprintable():
        cut = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)
    return cut if len(cut) <= LONGEST_QUOTATION else f"{cut[: LONGEST_QUOTATION - 1]}…"
