import pytest

from tests.users.fake_logins import FastHasher, hashing
from users.passwords import Comparison

OLD = "cafe\u0301\u00a0cre\u0300me"
NORMALISED = "caf\u00e9 cr\u00e8me"


@pytest.mark.parametrize(
    ("sent", "stored", "comparison"),
    [
        (NORMALISED, f"fast:{NORMALISED}", Comparison(matches=True, is_outdated=False)),
        (NORMALISED, f"old:{NORMALISED}", Comparison(matches=True, is_outdated=True)),
        (OLD, f"fast:{NORMALISED}", Comparison(matches=True, is_outdated=False)),
        (OLD, f"fast:{OLD}", Comparison(matches=True, is_outdated=True)),
        (NORMALISED, f"fast:{OLD}", Comparison(matches=False, is_outdated=False)),
        (OLD, "old:another", Comparison(matches=False, is_outdated=False)),
        (OLD, None, Comparison(matches=False, is_outdated=False)),
        ("tab\tand\nnewline", "fast:tab\tand\nnewline", Comparison(matches=True, is_outdated=False)),
        ("tab and newline", "fast:tab\tand\nnewline", Comparison(matches=False, is_outdated=False)),
        ("", None, Comparison(matches=False, is_outdated=False)),
    ],
)
def test_password_matches_in_its_normalised_form_and_as_sent(
    sent: str, stored: str | None, comparison: Comparison
) -> None:
    assert hashing().compare(sent, stored) == comparison


@pytest.mark.parametrize(
    ("sent", "comparisons"), [(NORMALISED, 1), (OLD, 2), ("in ASCII", 1), ("tab\tcharacter", 1), ("x" * 1024, 1)]
)
@pytest.mark.parametrize("stored", [None, "fast:another", f"fast:{NORMALISED}", f"fast:{OLD}", f"old:{OLD}"])
def test_number_of_comparisons_depends_only_on_the_sent_password(
    sent: str, comparisons: int, stored: str | None
) -> None:
    hasher = FastHasher()
    hashing(hasher).compare(sent, stored)
    assert hasher.comparisons == comparisons
