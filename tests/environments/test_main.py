"""The command line: a problem is one line, and nothing is ignored."""

import io

import pytest

from environments.__main__ import main
from environments.account import Account


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


@pytest.mark.parametrize("command", ["deploy", "outputs", "destroy"])
def test_misspelt_argument_is_rejected(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--env", "pull12", "--variables", "dev"])
    assert "unknown arguments: --variables dev" in capsys.readouterr().err
