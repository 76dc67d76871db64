from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.users.fake_logins import FastHasher, hashing
from users.passwords import PasswordHashing, PasswordRejected
from users.precis_adapter import OpaqueString
from users.zxcvbn_adapter import ZxcvbnList

REAL = PasswordHashing(FastHasher(), OpaqueString(), ZxcvbnList(), ("bookcase",))


def full_width(text: str) -> str:
    """Return ASCII in the compatibility characters of East Asian keyboards."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def check(password: str, hashing: PasswordHashing = REAL) -> None:
    hashing.check_new(password, email="Grace.Hopper@example.com", username="Rear Admiral")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "twelve chars",
        "парольдлядома",
        "🔑 📚 🦉 🌍 🎻 ⚓ 🎈",
        "839201748812",
        "a bookcase of mine",
        "😀😎 yz" * 52,
        "my password for the shelf",
        "admiral in the rear",
        "e\u0301tude" * 3,
        "my password is long enough",
        "password of the bookcase",
        "Bookcase, dragon and 1 monkey",
        "rear admiral grace hopper",
        "grace@example.com",
        "abcd1234 kiwi",
        "1234567890 abcd kiwi",
        "abcabcabc and more",
        "a🔑b📚c🦉d🌍e🎻f⚓",
        "a!b?c.d,e;f:",
        "Mmj;|,FM>e|f",
        "ab12cd34ef56",
    ],
)
def test_password_that_is_hard_to_guess_is_accepted(password: str) -> None:
    check(password[:256])


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too short"),
        ("elevenchars", "too short"),
        ("e\u0301" * 11, "too short"),
        ("xyz" * 86, "too long"),
        ("twelve\x00chars", "control character"),
        ("tab\tand\nnewline", "control character"),
        ("zero\u200bwidth space", "invisible"),
        ("right\u202eto left", "invisible"),
        ("a\x7fdeleted one", "control character"),
        ("\u0378 unassigned", "invisible"),
        ("aaaaaaaaaaaa", "repeats"),
        ("🔑" * 12, "repeats"),
        ("abcabcabcabc", "repeats"),
        ("1212121212121", "repeats"),
        ("123456789012", "counts"),
        ("abcdefghijklmnop", "counts"),
        ("ZYXWVUTSRQPO", "counts"),
        ("1234abcd5678", "counts"),
        ("aaaabbbbcccc", "counts"),
        ("1234567890ab", "counts"),
        ("1234567890abc", "counts"),
        ("xabcdefghijklm!", "counts"),
        ("1234-5678-9012", "counts"),
        ("1-2-3-4-5-6-7", "counts"),
        ("a b c d e f g h", "counts"),
        ("aaaaaaaaaaa1", "repeats"),
        ("1abcabcabcabc1", "repeats"),
        ("aaaa aaaa aaaa", "repeats"),
        ("aabbccddeeff", "repeats"),
        (full_width("123456789012"), "counts"),
        ("bookcasebookcase1", "name of this product"),
        ("BookCase Bookcase 2024", "name of this product"),
        (full_width("bookcase2024"), "name of this product"),
        ("book-case-2024", "name of this product"),
        ("bookcase1234", "name of this product"),
        ("!!BookCase!!", "name of this product"),
        ("bookcasebookcase", "name of this product"),
        ("grace.hopper@example.com", "e-mail address"),
        ("GRACE.HOPPER@EXAMPLE.COM1", "e-mail address"),
        ("grace.hopper", "e-mail address"),
        ("(grace.hopper)", "e-mail address"),
        ("grace hopper 1", "e-mail address"),
        ("gracehoppergracehopper7", "e-mail address"),
        ("rear-admiral-rear-admiral-1", "user name"),
        ("rear admiral", "user name"),
        ("Rear Admiral 1", "user name"),
        ("rear\u00a0admiral", "user name"),
        ("123qweasdzxc", "common"),
        ("123QWEasdZXC", "common"),
        ("Password1234", "common"),
        ("passwordpassword", "common"),
        ("--- dragon ---", "common"),
        ("p@ssw0rd1234", "common"),
        ("passwordpassword1", "common"),
        ("1passwordpassword", "common"),
        ("password password", "common"),
        ("Password, password!", "common"),
        ("password1password1", "common"),
        ("qwerty-qwerty", "common"),
        ("qwerty_qwerty_qwerty_99", "common"),
        ("monkeymonkey1", "common"),
        ("letmeinletmein1", "common"),
        ("i love you 2024", "common"),
        (full_width("password1234"), "common"),
        (full_width("PASS") + "word\u00a0" + full_width("1234"), "common"),
    ],
)
def test_password_that_breaks_a_rule_is_rejected(password: str, reason: str) -> None:
    with pytest.raises(PasswordRejected, match=reason) as rejection:
        check(password)
    assert not password or password not in rejection.value.detail
    assert rejection.value.field == "password"


def test_length_is_counted_after_normalising() -> None:
    check("e\u0301tude, o" * 32)
    with pytest.raises(PasswordRejected, match="too long"):
        check("e\u0301tude, o" * 32 + "b")


def test_text_that_is_too_long_is_not_normalised() -> None:
    """The library takes 0.9 s for 1,024 of these characters."""

    class Normalising:
        def normalised(self, password: str) -> str | None:
            raise AssertionError(password)

    hashing = REAL._replace(profile=Normalising())
    for text in ("\u30fb" * 257, "x" * 1024):
        assert not hashing.compare(text, "fast:x").matches
        with pytest.raises(PasswordRejected, match="too long"):
            check(text, hashing)


@pytest.mark.parametrize("username", ["", "7", "ab", "--"])
def test_short_user_name_is_no_hint(username: str) -> None:
    REAL.check_new("ab7--!93720+", email="x@example.com", username=username)


def test_common_passwords_and_names_come_from_the_adapters() -> None:
    for password in ("LetMeInPlease!", "the shop (2026)"):
        with pytest.raises(PasswordRejected):
            check(password, hashing())
        check(password, REAL)


@given(st.text(min_size=10, max_size=40))
def test_accepted_password_is_normalised_once(password: str) -> None:
    with suppress(PasswordRejected):
        check(password)
        hashed = REAL.hash(password)
        assert REAL.hash(hashed.removeprefix("fast:")) == hashed


@pytest.mark.parametrize("repeated", ["xavier", "Xavier Xavier"])
def test_repeated_user_name_is_rejected(repeated: str) -> None:
    for password in ("xavierxavier1", "xavier.xavier.xavier"):
        with pytest.raises(PasswordRejected, match="user name"):
            REAL.check_new(password, email="x@example.com", username=repeated)
