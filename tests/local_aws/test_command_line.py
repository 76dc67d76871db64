from pathlib import Path

import pytest

from local_aws.__main__ import parsed
from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.routing import TrailingSlash


def test_defaults_of_up() -> None:
    up = parsed(["up"])
    assert (TrailingSlash(up.trailing_slash), up.var, up.port) == (TrailingSlash.SIGNIFICANT, [], 8000)
    assert up.image == []
    assert Preflight(up.preflight) is Preflight.GATEWAY


def test_options_of_up() -> None:
    up = parsed(
        ["up", "--trailing-slash=ignored", "--preflight=function", "--var", "throttling={rate_limit=9}", "--var=name=a"]
    )
    assert TrailingSlash(up.trailing_slash) is TrailingSlash.IGNORED
    assert Preflight(up.preflight) is Preflight.FUNCTION
    assert parsed(["up", "--image=people", "--image", "orders"]).image == ["people", "orders"]
    assert dict(up.var) == {"throttling": "{rate_limit=9}", "name": "a"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["up", "--trailing-slash", "maybe"], "invalid choice: 'maybe'"),
        (["up", "--preflight", "nobody"], "invalid choice: 'nobody'"),
        (["up", "--var", "throttling"], "throttling is not NAME=VALUE"),
        (["up", "--var", "-x=1"], "expected one argument"),
        (["up", "--port", "65536"], "65536 is not a port"),
        ([], "the following arguments are required: command"),
    ],
)
def test_invalid_arguments_are_reported(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(arguments)
    assert message in capsys.readouterr().err


def test_relative_work_folder_is_made_absolute() -> None:
    assert parsed(["up", "--work", "a/b"]).work == Path.cwd() / "a" / "b"
