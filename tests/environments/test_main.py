"""The command line: a problem is one line, and nothing is ignored."""

import io

import pytest

from environments.__main__ import INTERRUPTED, approved, main
from environments.account import Account
from environments.problem import ProblemError


def test_unreachable_service_is_one_line(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert main(["bootstrap", "--repository", "octo-org/octo-repo"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("bootstrap: Could not connect to the endpoint URL: ")
    assert account.state_bucket in line


def test_destroy_without_a_terminal_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CONFIRM", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["destroy", "--env", "dev"]) == 1
    assert "destroy: There is no terminal to ask on: set CONFIRM to the environment's name." in capsys.readouterr().err


def test_interrupted_question_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override] # the base class of io reads bytes
            raise KeyboardInterrupt

    monkeypatch.delenv("CONFIRM", raising=False)
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["destroy", "--env", "dev"]) == INTERRUPTED
    assert capsys.readouterr().err == "\ndestroy: interrupted\n"


@pytest.mark.parametrize(
    ("confirm", "response", "expected"),
    [
        (None, "yes\n", True),
        (None, "y\n", False),
        ("123456789012", "", True),
    ],
)
def test_bootstrap_is_approved_by_yes_or_the_account(
    monkeypatch: pytest.MonkeyPatch, confirm: str | None, response: str, *, expected: bool
) -> None:
    monkeypatch.delenv("CONFIRM", raising=False)
    if confirm is not None:
        monkeypatch.setenv("CONFIRM", confirm)
    monkeypatch.setattr("sys.stdin", io.StringIO(response))
    assert approved("Apply? ", "123456789012") is expected


@pytest.mark.parametrize("confirm", ["210987654321", "yes"])
def test_bootstrap_is_not_approved_by_another_value(monkeypatch: pytest.MonkeyPatch, confirm: str) -> None:
    monkeypatch.setenv("CONFIRM", confirm)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    with pytest.raises(ProblemError, match=r"^CONFIRM is not the account's id, 123456789012: nothing was applied\.$"):
        approved("Apply? ", "123456789012")


@pytest.mark.parametrize(("names", "missing"), [("", "a name"), ("staging,", "a name"), ("nowhere", "nowhere")])
def test_images_of_missing_environments_are_rejected(
    names: str, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", "--envs", names]) == 1
    expected = f"images: ENVS must be environments, such as staging,prod: {missing} is missing.\n"
    assert capsys.readouterr().err == expected


def test_bootstrap_without_a_terminal_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFIRM", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(ProblemError, match=r"^There is no terminal to ask on: set CONFIRM to the account's id\.$"):
        approved("Apply? ", "123456789012")


@pytest.mark.parametrize("command", ["deploy", "outputs", "destroy"])
def test_misspelt_argument_is_rejected(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--env", "pull12", "--variables", "dev"])
    assert "unknown arguments: --variables dev" in capsys.readouterr().err
