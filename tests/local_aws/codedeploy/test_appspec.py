"""AppSpec files of Lambda deployments."""

import json
from typing import Any

import pytest

from local_aws.codedeploy.appspec import AppSpec, AppSpecError
from tests.local_aws.codedeploy.appspecs import appspec

YAML = """
version: 0.0
Resources:
  - shop:
      Type: AWS::Lambda::Function
      Properties:
        Name: shop
        Alias: live
        CurrentVersion: 1
        TargetVersion: 2
Hooks:
  - BeforeAllowTraffic: before
  - AfterAllowTraffic: after
"""


def content(text: str) -> dict[str, Any]:
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": text}}


@pytest.mark.parametrize("text", [YAML, json.dumps(appspec(before="before", after="after"))])
def test_yaml_and_json_are_read(text: str) -> None:
    found = AppSpec.read(content(text))
    assert (found.function, found.alias, found.current, found.target) == ("shop", "live", "1", "2")
    assert found.hooks == {"BeforeAllowTraffic": "before", "AfterAllowTraffic": "after"}


def test_reversed_has_no_hooks() -> None:
    back = AppSpec.read(content(YAML)).reversed()
    assert (back.current, back.target, back.hooks) == ("2", "1", {})


@pytest.mark.parametrize(
    ("revision", "reason"),
    [
        ({"revisionType": "S3"}, "only the revision type AppSpecContent"),
        (content("{"), "cannot be read"),
        (content("Resources: []"), "cannot be read"),
        (content(YAML.replace("TargetVersion", "Target")), "cannot be read: KeyError: 'TargetVersion'"),
        (content(YAML.replace("AWS::Lambda::Function", "AWS::ECS::Service")), "found AWS::ECS::Service"),
        (content(YAML.replace("AfterAllowTraffic", "AfterInstall")), "found AfterInstall"),
    ],
)
def test_invalid_file_is_rejected(revision: dict[str, Any], reason: str) -> None:
    with pytest.raises(AppSpecError, match=reason):
        AppSpec.read(revision)
