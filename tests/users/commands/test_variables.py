"""The variables of make that the commands take: from the command line, and in any spelling."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from users.commands.grants import parsed

ROOT = Path(__file__).parents[3]
GRANTS = ["grant", "revoke"]
EVERY = [*GRANTS, "rekey-addresses"]


def made(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return what make would run with these words on its command line."""
    # Without these variables, make behaves as in a shell even if make runs the tests.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-n", *words],  # noqa: S607 - the one on PATH
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def arguments(*words: str, **environment: str) -> list[str]:
    """Return the arguments that the command gets."""
    run = made(*words, **environment)
    assert run.returncode == 0, run.stderr
    given = shlex.split(run.stdout.splitlines()[-1])
    return given[given.index("-m") + 2 :]


NOTHING = ["--scope=", "--user=", "--email=", "--env=", "--name="]


@pytest.mark.parametrize("command", GRANTS)
def test_variables_of_the_environment_are_ignored(command: str) -> None:
    inherited = {"SCOPE": "users:admin", "USER": "root", "EMAIL": "a@b.c", "YES": "1", "NAME": "laptop"}
    assert arguments(command, **inherited) == [command, *NOTHING]


def test_name_of_the_environment_is_not_the_products() -> None:
    assert arguments("rekey-addresses", NAME="laptop") == ["--env=", "--name="]


@pytest.mark.parametrize("command", EVERY)
def test_deployment_of_the_environment_has_to_be_confirmed(command: str) -> None:
    refused = made(command, ENV="prod")
    assert refused.returncode != 0
    assert "ENV=prod is in the environment of make: repeat it after make, or give ENV= for make up" in refused.stderr
    for given in ("ENV=prod", "ENV="):
        assert f"--env={given.removeprefix('ENV=')}" in arguments(command, given, ENV="prod")


@pytest.mark.parametrize("command", GRANTS)
@pytest.mark.parametrize(("given", "is_yes"), [("1", True), ("no", False), ("0", False), ("n", False), ("", False)])
def test_only_1_is_yes(command: str, given: str, *, is_yes: bool) -> None:
    assert ("--yes" in arguments(command, f"YES={given}")) is is_yes


def test_address_may_begin_with_a_hyphen() -> None:
    assert parsed(arguments("grant", "SCOPE=users:admin", "EMAIL=-x@b.c")).email == "-x@b.c"


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("value", ["-x@b.c", "`id`$USER'x@b.c", '"; id #@b.c'])
def test_value_is_one_argument(command: str, value: str) -> None:
    option, variable = ("--email", "EMAIL") if command in GRANTS else ("--env", "ENV")
    assert f"{option}={value}" in arguments(command, f"{variable}={value}")
