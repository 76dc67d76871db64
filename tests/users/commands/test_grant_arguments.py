"""The arguments of `make grant` and `make revoke`."""

import io
import os
import shlex
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monorepo.services import services
from tests.users.commands.granted import ADMIN, CTO, stored
from users.commands.grants import main, parsed, shown

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]
SCOPES = sorted(scope for service in services() for scope in service.scopes)
LOOK_ALIKE = "CTO@\uff45xample.com"
OTHERS = ("cto@example.com", LOOK_ALIKE)


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("typed", OTHERS, ids=ascii)
def test_other_address_than_the_stored_one_is_refused_without_a_terminal(
    dynamodb: "DynamoDBClient", work: str, typed: str
) -> None:
    arguments = ["grant", "--scope", "users:admin", "--email", typed, "--work", work]
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    reason = f"grant: the stored address is CTO@example.com, not {typed}: give the stored address, USER=1, or YES=1"
    assert exit_.value.code == reason
    assert stored(dynamodb) == ([], 1)
    main([*arguments, "--yes"])
    assert stored(dynamodb) == (["users:admin"], 2)


class Terminal(io.StringIO):
    """A terminal on which somebody has typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(("answer", "scopes"), [("y\n", ["users:admin"]), ("n\n", []), ("\n", []), ("", [])])
def test_other_address_than_the_stored_one_is_asked_about(
    dynamodb: "DynamoDBClient",
    work: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    scopes: list[str],
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with nullcontext() if scopes else pytest.raises(SystemExit, match=r"^grant: nothing was changed$"):
        main(["grant", "--scope", "users:admin", "--email", LOOK_ALIKE, "--work", work])
    assert f"the stored address is CTO@example.com, not {LOOK_ALIKE}. Continue? [y/N]" in capsys.readouterr().out
    assert stored(dynamodb)[0] == scopes


def test_letters_of_other_scripts_are_shown_escaped() -> None:
    user = replace(CTO, email="\u0441to@example.com", is_active=False)
    assert shown(user) == (
        "user 1, \u0441to@example.com (\\u0441to@example.com), 'chief-tech', registered 2026-01-01, deactivated"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("grant", "--scope", "users:owner", "--email", "a@b.c"),
            f"SCOPE=users:owner is not defined by a service. Use one of: {', '.join(SCOPES)}",
        ),
        (("grant", "--scope", "", "--email", "a@b.c"), "SCOPE= is not valid: give SERVICE:SCOPE, such as"),
        (("revoke", "--scope", "", "--email", "a@b.c"), "SCOPE= is not valid: give SERVICE:SCOPE, such as"),
        (("revoke", "--scope", "admin", "--email", "a@b.c"), "SCOPE=admin is not valid: give SERVICE:SCOPE"),
        (("revoke", "--scope", "Users:admin", "--email", "a@b.c"), "SCOPE=Users:admin is not valid"),
        (("grant", "--scope", "users:admin", "--email", "ada"), "EMAIL=ada is not an e-mail address"),
        (("grant", "--scope", "users:admin", "--email", "", "--user", ""), "by either USER=<id> or EMAIL=<address>"),
        (("grant", *ADMIN, "--user", "1"), "by either USER=<id> or EMAIL=<address>"),
        (("grant", "--scope", "users:admin", "--user", "root"), "USER=root is not valid"),
        (("grant", "--scope", "users:admin", "--user", "0"), "USER=0 is not valid"),
        (("grant", *ADMIN, "--env", "Prod!"), "ENV=Prod! is not valid: give 2 to 8"),
        (("grant", *ADMIN, "--env", "prod", "--name", "Acme"), "NAME=Acme is not valid: give 2 to 12"),
        (("grant", *ADMIN, "--name", "acme"), "NAME=acme needs ENV="),
        (("grant", "--scope", "users:admin"), "by either USER=<id> or EMAIL=<address>"),
        (("give", *ADMIN), "invalid choice"),
    ],
)
def test_invalid_arguments_are_rejected(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    output = capsys.readouterr()
    assert (exit_.value.code, output.out) == (2, "")
    assert reason in output.err.splitlines()[-1]


# An address that a shell would execute, and that make would expand.
EXECUTABLE = "`id`$USER'x@b.c"


@pytest.mark.parametrize("command", ["grant", "revoke"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("EMAIL=a@b.c", "YES=1"), {"email": "a@b.c", "user": None, "yes": True}),
        ((f"EMAIL={EXECUTABLE}",), {"email": EXECUTABLE, "user": None, "yes": False}),
        (("USER=5",), {"email": "", "user": 5, "yes": False}),
    ],
)
def test_make_passes_every_argument(command: str, given: tuple[str, ...], expected: dict[str, object]) -> None:
    # Without these variables, make behaves as in a shell even if make runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    finished = subprocess.run(
        ["make", "-n", command, "SCOPE=users:admin", *given, "ENV=prod", "NAME=acme"],  # noqa: S607 - the one on PATH
        cwd=ROOT,
        env=environment | {"USER": "root"},  # a login name, which is nobody's id
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(finished.stdout.splitlines()[-1])
    read = vars(parsed(words[words.index("users.commands.grants") + 1 :]))
    others: dict[str, object] = {"command": command, "scope": "users:admin", "env": "prod", "name": "acme"}
    assert read.items() >= (others | expected).items()
