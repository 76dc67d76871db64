import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.__main__ import parsed
from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.routing import TrailingSlash

TOOLS = Path(__file__).parents[2] / "tools"


def test_defaults_of_up() -> None:
    up = parsed(["up"])
    assert (TrailingSlash(up.trailing_slash), up.var, up.port) == (TrailingSlash.SIGNIFICANT, [], 8000)
    assert (up.image, up.faults) == ([], None)
    assert Preflight(up.preflight) is Preflight.GATEWAY


def test_options_of_up() -> None:
    up = parsed(
        ["up", "--trailing-slash=ignored", "--preflight=function", "--var", "throttling={rate_limit=9}", "--var=name=a"]
    )
    assert TrailingSlash(up.trailing_slash) is TrailingSlash.IGNORED
    assert Preflight(up.preflight) is Preflight.FUNCTION
    assert parsed(["up", "--image=people", "--image", "orders"]).image == ["people", "orders"]
    assert parsed(["up", "--faults=plan.json"]).faults == Path.cwd() / "plan.json"
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


def test_invalid_file_of_faults_ends_up_with_one_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"kind": "slow"}')
    finished = subprocess.run(
        [sys.executable, "-m", "local_aws", "up", f"--work={tmp_path / 'work'}", f"--faults={plan}"],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"local_aws: {plan}: kind must be one of throttle, ")
    assert finished.stderr.count("\n") == 1
    assert not (tmp_path / "work").exists()
