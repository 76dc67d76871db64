"""Which e-mail addresses count as the same one."""

import unicodedata
from typing import Final

# Characters without an appearance: ranges of the property Default_Ignorable_Code_Point, which `unicodedata` lacks.
# https://www.unicode.org/Public/15.1.0/ucd/DerivedCoreProperties.txt
IGNORABLE: Final = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
# Other characters without an appearance.
BLANK: Final = (
    "\N{BRAILLE PATTERN BLANK}\N{MUSICAL SYMBOL NULL NOTEHEAD}\N{KHITAN SMALL SCRIPT FILLER}"
    "\N{EGYPTIAN HIEROGLYPH FULL BLANK}\N{EGYPTIAN HIEROGLYPH HALF BLANK}"
    "\N{TIFINAGH CONSONANT JOINER}\N{DUPLOYAN THICK LETTER SELECTOR}"
)
# A dotless i, and an i with a dot above: letter case makes an i of them.
DOTS: Final = {ord("\N{LATIN SMALL LETTER DOTLESS I}"): "i"}
DOT: Final = "\N{COMBINING DOT ABOVE}"
SOFT_DOTTED: Final = "ij"
ABOVE: Final = 230  # the combining class of marks above a letter
MOST_ROUNDS: Final = 8  # folding needs two or three until nothing changes


def email_key(email: str) -> str:
    """Return the key of an e-mail address: addresses with the same key count as the same one.

    The local part is compared without differences in letter case, compatibility characters, composition and characters
    without an appearance (NFKC_Casefold, https://www.unicode.org/reports/tr31/#NFKC_Modifications), and dotless and
    dotted i are i. Domains are compared as browsers do (UTS 46, nontransitional), so that `ß` and `ss` are two domains.
    Letters of different scripts that look alike differ.
    """
    if email.isascii() and "xn--" not in (lower := email.lower()):
        return lower
    for _ in range(MOST_ROUNDS):
        local, at, domain = email.rpartition("@")
        folded_email = f"{folded(local)}@{_domain(domain)}" if at else folded(domain)
        if folded_email == email:
            break
        email = folded_email
    return email


def former_email_key(email: str) -> str:
    """Return the key of earlier versions, under which items may still be stored; ASCII addresses have the same key."""
    return unicodedata.normalize("NFC", email).casefold()


def may_be_former_key(key: str) -> bool:
    """Return whether the key of an address may be the former key of an address with another key.

    Only `ß` and `ς` in domains distinguish addresses now, and did not before.
    """
    domain = key.rpartition("@")[2]
    return "ss" in domain or "\N{GREEK SMALL LETTER SIGMA}" in domain


def folded(text: str) -> str:
    """Return the text without differences in letter case, compatibility characters and composition."""
    visible = "".join(character for character in unicodedata.normalize("NFKD", text) if not _is_ignorable(character))
    lower = unicodedata.normalize("NFKC", visible.casefold()).translate(DOTS)
    return unicodedata.normalize("NFKC", _without_dots(unicodedata.normalize("NFD", lower)))


def _without_dots(decomposed: str) -> str:
    """Return the text without dots above letters that have one anyway; marks below may be between the two."""
    kept = []
    dotted = False
    for character in decomposed:
        if character == DOT and dotted:
            continue
        place = unicodedata.combining(character)
        if place in {0, ABOVE}:
            dotted = character in SOFT_DOTTED
        kept.append(character)
    return "".join(kept)


def _is_ignorable(character: str) -> bool:
    return character in BLANK or any(first <= ord(character) <= last for first, last in IGNORABLE)


def _domain(domain: str) -> str:
    """Return the domain in Unicode and lower case."""
    lower = domain.lower()
    if lower.isascii() and "xn--" not in lower:
        return lower
    # pydantic's email-validator requires it. Few addresses need it, and a cold start does not.
    import idna  # noqa: PLC0415 # pants: no-infer-dep

    try:
        return idna.decode(domain, uts46=True)
    except UnicodeError:  # not a domain
        return folded(domain)
