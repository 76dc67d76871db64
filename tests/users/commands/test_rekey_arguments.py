"""`make rekey-addresses` takes ENV= and NAME= as `make grant` does."""

import pytest

from users.commands.rekey import main


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--env=Prod!"], "ENV=Prod! is not valid: give 2 to 8"),
        (["--env=prod", "--name=Acme"], "NAME=Acme is not valid: give 2 to 12"),
        (["--name=acme"], "NAME=acme needs ENV="),
    ],
)
def test_invalid_arguments_are_rejected(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    output = capsys.readouterr()
    assert (exit_.value.code, output.out) == (2, "")
    assert reason in output.err.splitlines()[-1]
