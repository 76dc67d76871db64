"""Which e-mail addresses count as the same one."""
# ruff: noqa: RUF001 - the tests are about letters that look alike

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from typing import Final, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from users.addresses import email_key, former_email_key, may_be_former_key

# Letters whose cases, compositions and widths have caused look-alikes, among all others.
TRICKY: Final = "aAsSkKiIıİſßẞςΣΐΰﬁﬃŉǰẖＡｓ①K\u03b9\u0308\u0301\u0307\u0323\u0345\u034f\ufe0f\u1160\u2024Ꭰꭰ.＠"
LOCAL: Final = st.text(st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs", "Co", "Cn"]), min_size=1)
DOMAIN: Final = st.sampled_from(["example.com", "bücher.example", "xn--bcher-kva.example", "faß.example", "不.example"])
ADDRESS: Final = st.builds("{}@{}".format, LOCAL, DOMAIN)
type Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: Final[tuple[Form, ...]] = ("NFC", "NFD", "NFKC", "NFKD")
CASES: Final = (str.upper, str.lower, str.title, str.casefold, str.swapcase)
EXAMPLE: Final = "@example.com"


@given(ADDRESS | st.text(st.sampled_from("@.-nx") | st.characters(exclude_categories=["Cs"])))
@settings(deadline=None)
def test_key_is_its_own_key(email: str) -> None:
    assert email_key(email_key(email)) == email_key(email)


@given(LOCAL, st.sampled_from(FORMS), st.sampled_from(FORMS), st.sampled_from(CASES))
@settings(deadline=None)
def test_neither_composition_nor_letter_case_distinguishes(
    local: str, before: Form, after: Form, in_case: Callable[[str], str]
) -> None:
    # Marks out of canonical order change their meaning with their letter's case, so the text is in a form before.
    written = unicodedata.normalize(before, local).replace("\u0345", "")
    if before in {"NFC", "NFKC"}:
        written = "".join(each for each in written if "\u0345" not in unicodedata.normalize("NFD", each))
    changed = unicodedata.normalize(after, in_case(written))
    assert email_key(f"{changed}{EXAMPLE}") == email_key(f"{written}{EXAMPLE}")


@pytest.mark.parametrize(
    "alike",
    [
        ("s", "S", "ſ", "ｓ", "Ｓ", "ⓢ", "𝓈", "s\ufe0f", "s\u034f", "\u1160s"),
        ("k", "K", "\u212a"),
        ("\u0390", "\u1fd3", "\u03b9\u0308\u0301", "\u03ca\u0301", "\u03aa\u0301"),
        ("ß", "ss", "SS", "ẞ", "ſs"),
        ("ﬁ", "fi", "FI"),
        ("i", "I", "ı", "İ", "i\u0307"),
        ("ị", "ị\u0307", "i\u0307\u0323", "ı\u0323", "İ\u0323"),
        ("į", "į\u0307"),
        ("j", "j\u0307"),
        ("b", "b\u2800", "b\U0001d159", "\U00016fe4b", "b\U00013441", "b\U00013442", "b\u2d7f", "b\U0001bc9d"),
        ("ς", "σ", "Σ"),
        ("a\u0323\u0301", "a\u0301\u0323", "á\u0323", "ạ\u0301"),
        ("1", "①", "１", "𝟏"),
        ("zo\u00eb", "zoe\u0308", "ZOË"),
    ],
    ids=lambda alike: alike[0],
)
def test_look_alikes_have_one_key(alike: tuple[str, ...]) -> None:
    assert len({email_key(f"a{each}b{EXAMPLE}") for each in alike}) == 1


@pytest.mark.parametrize(
    "different",
    [
        ("a", "ä", "e"),
        ("a", "\u0430"),  # Cyrillic
        ("o", "0"),
        ("i", "l", "1"),
        ("ü", "ue"),
        ("a.b", "ab"),
        ("a+b", "a"),
    ],
    ids=lambda different: different[0],
)
def test_different_letters_have_different_keys(different: tuple[str, ...]) -> None:
    assert len({email_key(f"{each}{EXAMPLE}") for each in different}) == len(different)


@pytest.mark.parametrize(
    ("domain", "key"),
    [
        ("EXAMPLE.com", "example.com"),
        ("BÜCHER.example", "bücher.example"),
        ("xn--bcher-kva.EXAMPLE", "bücher.example"),
        ("bu\u0308cher。example", "bücher.example"),
        ("faß.example", "faß.example"),
        ("fass.example", "fass.example"),
        ("ｅxample.com", "example.com"),
        ("not a domain ſ", "not a domain s"),
        ("xn--a.example", "xn--a.example"),
    ],
)
def test_domains_are_compared_by_uts_46(domain: str, key: str) -> None:
    assert email_key(f"Ada@{domain}") == f"ada@{key}"


@given(st.text(st.sampled_from("ßẞςΣσsSaſﬆ\u0131\u200d"), min_size=1, max_size=6), ADDRESS)
def test_former_keys_of_other_addresses_are_recognized(label: str, other: str) -> None:
    for email in (f"a@{label}.example", other):
        former = former_email_key(email)
        if email_key(former) == former != email_key(email):
            assert may_be_former_key(former)


def test_text_without_an_at_sign_is_folded() -> None:
    assert email_key("Uſer 5") == "user 5"


def test_only_other_domains_than_ascii_need_the_library() -> None:
    script = (
        "import sys; sys.path[:0] = ['libs', 'services']; from users.addresses import email_key; "
        "email_key('Ada@Example.com'); email_key('Zoë@Example.com'); before = 'idna' in sys.modules; "
        "email_key('ada@bücher.example'); print(before, 'idna' in sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == ["False", "True"]
