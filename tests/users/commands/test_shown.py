"""How `make grant` and `make revoke` show the user that they found."""

import pytest

from tests.users.examples import user
from users.commands.grants import shown

END = "registered 2026-01-02"


@pytest.mark.parametrize(
    ("username", "quoted"),
    [
        ("Ada L\u00f6velace", "'Ada L\u00f6velace'"),
        ("x, registered 2019-01-01, scopes: none. Verified", "'x, registered 2019-01-01, scopes: none. Verified'"),
        ("O'Hara', verified '", "\"O'Hara', verified '\""),
        ("\u202elufitsurt", "'\\u202elufitsurt'"),
    ],
)
def test_username_is_quoted(username: str, quoted: str) -> None:
    assert shown(user(1, username=username)) == f"user 1, ada@example.com, {quoted}, {END}"
