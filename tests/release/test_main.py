"""The command line: its input, its exit codes."""

import io
import json
import os
from collections.abc import Mapping
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from release.__main__ import main
from release.outputs import read_stack
from tests.release.stacks import NAMES, Applied, outputs


def run(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], text: str, *arguments: str) -> int:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(list(arguments))


def test_release_and_rollback(
    applied: Applied, control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.publish("shop")
    text = outputs(applied)
    assert run(monkeypatch, control_plane.environment, text, "deploy", "--environment=prod") == 0
    assert applied.live("shop") == "2"
    assert run(monkeypatch, control_plane.environment, text, "rollback", "--environment=prod", "--service=shop") == 0
    assert applied.live("shop") == "1"
    assert run(monkeypatch, control_plane.environment, text, "deploy", "--environment=prod") == 1
    assert "shop: version 2 was rolled back before" in capsys.readouterr().err


def test_outputs_of_another_environment_are_rejected(
    applied: Applied, control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.publish("shop")
    assert run(monkeypatch, control_plane.environment, outputs(applied, "staging"), "deploy", "--environment=prod") == 2
    message = "release: The outputs are those of staging, not of prod: use `make release ENV=prod`."
    assert capsys.readouterr().err.splitlines() == [message]
    assert applied.live("shop") == "1"


def test_unknown_service_is_rejected(
    applied: Applied, control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("rollback", "--environment=prod", "--service=halls")
    assert run(monkeypatch, control_plane.environment, outputs(applied), *arguments) == 2
    assert "there is no service halls. Services: shop, stock." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"release": {}}'])
def test_input_without_the_output_is_rejected(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert run(monkeypatch, control_plane.environment, text, "deploy", "--environment=prod") == 2
    assert "pipe `terraform output -json` into this" in capsys.readouterr().err


def test_output_of_another_commit_is_rejected(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"release": {"value": {"environment": "prod", "keep_versions": 10}}})
    assert run(monkeypatch, control_plane.environment, text, "deploy", "--environment=prod") == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == "release: The output `release` has no 'strategy': apply this commit first."


def test_missing_region_is_one_line(
    applied: Applied, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert run(monkeypatch, {"AWS_CONFIG_FILE": os.devnull}, outputs(applied), "deploy", "--environment=prod") == 2
    assert capsys.readouterr().err.splitlines() == ["release: You must specify a region."]


@pytest.mark.parametrize("command", ["deploy", "rollback"])
def test_unreachable_aws_is_one_line_per_service(
    applied: Applied,
    control_plane: ControlPlane,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    environment = control_plane.environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert run(monkeypatch, environment, outputs(applied), command, "--environment=prod") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": Could not connect")[0] for line in lines] == list(NAMES)


@pytest.mark.parametrize(
    ("strategy", "minutes"), [("direct", 0), ("all_at_once", 0), ("canary_10_15", 15), ("linear_10_3", 27)]
)
def test_time_of_the_shift_follows_from_the_strategy(strategy: str, minutes: int) -> None:
    value: dict[str, Any] = {"environment": "prod", "strategy": strategy, "keep_versions": 10}
    value |= {"application": None, "hook_arn": None, "services": {}}
    assert read_stack(json.dumps({"release": {"value": value}}), "prod").minutes == minutes
