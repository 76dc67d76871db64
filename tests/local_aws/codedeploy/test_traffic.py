"""The steps of predefined configurations."""

import pytest

from local_aws.codedeploy.traffic import steps


def test_all_at_once_is_one_step() -> None:
    assert steps("CodeDeployDefault.LambdaAllAtOnce") == [(1.0, 0)]


def test_canary_waits_once() -> None:
    assert steps("CodeDeployDefault.LambdaCanary10Percent30Minutes") == [(0.1, 30), (1.0, 0)]


@pytest.mark.parametrize(
    ("name", "minutes"), [("LambdaLinear10PercentEvery1Minute", 1), ("LambdaLinear10PercentEvery3Minutes", 3)]
)
def test_linear_waits_after_each_tenth(name: str, minutes: int) -> None:
    found = steps(f"CodeDeployDefault.{name}")
    assert found is not None
    assert [weight for weight, _ in found] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert [waited for _, waited in found] == [minutes] * 9 + [0]


@pytest.mark.parametrize("name", ["CodeDeployDefault.OneAtATime", "CodeDeployDefault.LambdaCanary10Percent7Minutes"])
def test_unknown_configuration_has_no_steps(name: str) -> None:
    assert steps(name) is None
