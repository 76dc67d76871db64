"""The libraries that check passwords: what they know, and when they are imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from precis_i18n import get_profile

from users.precis_adapter import OpaqueString
from users.zxcvbn_adapter import ZxcvbnList

ROOT = Path(__file__).parents[2]
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))


@pytest.mark.parametrize(
    ("password", "normalised"),
    [
        ("e\u0301", "\u00e9"),
        ("\u212b", "\u00c5"),
        ("a\u00a0b\u3000c\u2003d", "a b c d"),
        ("\ufb01 \uff21 \u00df", "\ufb01 \uff21 \u00df"),  # neither compatibility nor case is mapped
        ("🔑", "🔑"),
        ("", None),
        ("\x00", None),
        ("tab\t", None),
        ("\x7f", None),
        ("\x85", None),
        ("\u200b", None),
        ("\u202e", None),
        ("\ue000", None),
        ("\u0378", None),
    ],
)
def test_profile_is_opaque_string(password: str, normalised: str | None) -> None:
    assert OpaqueString().normalised(password) == normalised


def test_printable_ascii_is_unchanged_as_the_library_says() -> None:
    assert OpaqueString().normalised(PRINTABLE) == PRINTABLE == get_profile("OpaqueString").enforce(PRINTABLE)


def test_list_has_common_passwords_only() -> None:
    for common in ("password1234", "qwertyuiop", "mailcreated5240"):
        assert common in ZxcvbnList()
    for other in ("", "a", "correct horse battery staple"):
        assert other not in ZxcvbnList()


def test_libraries_are_imported_by_the_first_password_that_needs_them() -> None:
    code = """
import sys
import users.app
from users.argon2_adapter import Argon2Hasher
from users.dependencies import OpaqueString, PasswordHashing, ZxcvbnList
from users.zxcvbn_adapter import _passwords

def imported():
    loaded = {name for name in ("argon2", "precis_i18n", "zxcvbn") if name in sys.modules}
    return loaded | ({"list"} if _passwords.cache_info().currsize else set())

hashing = PasswordHashing(Argon2Hasher(64, 1), OpaqueString(), ZxcvbnList(), ())
assert imported() == set(), "INIT"
assert not hashing.compare("in ASCII", None).matches
assert imported() == {"argon2"}, "compared in ASCII"
assert not hashing.compare("e\u0301", None).matches
assert imported() == {"argon2", "precis_i18n"}, "compared"
hashing.check_new("correct horse battery staple", email="", username="")
assert imported() == {"argon2", "precis_i18n", "list"}, "set"
"""
    path = {"PYTHONPATH": f"{ROOT}/libs:{ROOT}/services"}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=path, capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
