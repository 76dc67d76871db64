"""`release deploy` on the embedded AWS."""

import itertools

import pytest

from tests.release.codedeploy import CodeDeploy
from tests.release.stacks import CANARY, NAMES, Applied

HOOK = "arn:aws:lambda:eu-central-1:123456789012:function:absent"


def test_changed_services_get_their_newest_version(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.publish("shop")
    applied.publish("shop")
    assert applied.command().deploy()
    assert (applied.live("shop"), applied.live("stock")) == ("3", "1")
    assert capsys.readouterr().out.splitlines() == [
        "stock: the newest version has all traffic already",
        "shop: version 3 has all traffic, after 1",
    ]


def test_second_release_changes_nothing(applied: Applied) -> None:
    applied.publish("shop")
    assert applied.command().deploy()
    before = applied.codedeploy.list_deployments()["deployments"]
    assert applied.command().deploy()
    assert applied.codedeploy.list_deployments()["deployments"] == before


def test_failed_release_is_rolled_back_and_not_repeated(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.publish("shop")
    applied.publish("stock")
    assert not applied.command(hook=HOOK).deploy()
    assert [applied.live(name) for name in NAMES] == ["1", "1"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("version 2 was rolled back to 1: IAM_ROLE_PERMISSIONS" in line for line in lines)

    assert not applied.command().deploy()
    assert applied.live("shop") == "1"
    message = "version 2 was rolled back before: release a newer one, or this one again with --retry"
    assert capsys.readouterr().err.splitlines() == [f"{name}: {message}" for name in NAMES]

    assert applied.command().deploy(retry=True)
    assert applied.live("shop") == "2"


def test_newer_version_is_released_after_a_rollback(applied: Applied) -> None:
    applied.publish("shop")
    assert not applied.command(hook=HOOK).deploy()
    applied.publish("shop")
    assert applied.command().deploy()
    assert applied.live("shop") == "3"


def test_one_failed_service_does_not_stop_the_others(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        applied.publish(name)
    applied.alarm("shop", "ALARM")
    assert not applied.command().deploy()
    assert [applied.live(name) for name in NAMES] == ["1", "2"]
    assert "shop: version 2 was rolled back to 1: ALARM_ACTIVE" in capsys.readouterr().err


def test_active_alarm_can_be_ignored(applied: Applied) -> None:
    applied.publish("shop")
    applied.alarm("shop", "ALARM")
    assert applied.command().deploy(ignore_alarms=True)
    assert applied.live("shop") == "2"


def test_time_limit_is_reported(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.configure("shop", CANARY)
    applied.publish("shop")
    clock = itertools.count(step=30).__next__
    assert not applied.command(clock=clock, minutes=2.0).deploy()
    assert "still runs after 2 minutes" in capsys.readouterr().err


def test_running_deployment_is_not_replaced(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.configure("shop", CANARY)
    applied.publish("shop")
    applied.command(minutes=0).deploy()
    capsys.readouterr()
    assert not applied.command().deploy()
    assert "DeploymentLimitExceededException" in capsys.readouterr().err


def test_old_versions_are_deleted_except_the_ones_in_use(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.lambda_.create_alias(FunctionName=applied.function("shop"), Name="pinned", FunctionVersion="1")
    for _ in range(4):
        applied.publish("shop")
    assert applied.command().deploy()
    capsys.readouterr()
    applied.publish("shop")
    applied.publish("shop")
    assert applied.command(keep=2).deploy()
    # 1 has an alias, 5 had the traffic before, 6 and 7 are the newest.
    assert applied.versions("shop") == ["1", "5", "6", "7"]
    assert "shop: deleted the versions 2, 3, 4" in capsys.readouterr().out


def test_direct_strategy_only_deletes_old_versions(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, version = (applied.publish("shop") for _ in range(3))
    applied.lambda_.update_alias(FunctionName=applied.function("shop"), Name="live", FunctionVersion=version)
    assert applied.command(direct=True, keep=2).deploy()
    assert applied.versions("shop") == ["3", "4"]
    assert capsys.readouterr().out.splitlines() == [
        "shop: Terraform has moved the traffic to version 4",
        "shop: deleted the versions 1, 2",
        "stock: Terraform has moved the traffic to version 1",
    ]


def test_deployment_that_has_not_begun_is_awaited(applied: Applied) -> None:
    applied.publish("shop")
    codedeploy = CodeDeploy(applied.codedeploy, polls=3)
    assert applied.command(codedeploy=codedeploy).deploy()
    assert applied.live("shop") == "2"
    assert codedeploy.polls == 0


def test_throttled_poll_is_not_the_end(applied: Applied) -> None:
    applied.publish("shop")
    codedeploy = CodeDeploy(applied.codedeploy, errors=["ThrottlingException", "ThrottlingException"])
    assert applied.command(codedeploy=codedeploy).deploy()
    assert codedeploy.errors == []


def test_deployment_that_cannot_be_read_is_one_line(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        applied.publish(name)
    codedeploy = CodeDeploy(applied.codedeploy, errors=["AccessDeniedException"])
    assert not applied.command(codedeploy=codedeploy).deploy()
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith("shop: the end of deployment ")
    assert "AccessDeniedException" in line
    assert printed.out.startswith("stock: version 2 has all traffic")


def test_deployment_that_never_began_prevents_no_later_one(
    applied: Applied, capsys: pytest.CaptureFixture[str]
) -> None:
    codedeploy = CodeDeploy(applied.codedeploy)
    applied.publish("shop")
    assert not applied.command(codedeploy=codedeploy, hook=HOOK).deploy()
    codedeploy.without_target(*applied.codedeploy.list_deployments()["deployments"])
    applied.publish("shop")
    assert applied.command(codedeploy=codedeploy).deploy()
    assert applied.live("shop") == "3"
    assert applied.command(codedeploy=codedeploy).rollback()
    assert applied.live("shop") == "1"
    assert "shop: version 2 was rolled back to 1" in capsys.readouterr().err


def test_deployment_that_ends_before_it_begins_is_a_failure(
    applied: Applied, capsys: pytest.CaptureFixture[str]
) -> None:
    applied.publish("shop")
    codedeploy = CodeDeploy(applied.codedeploy, never=True)
    assert not applied.command(codedeploy=codedeploy, hook=HOOK).deploy()
    line = capsys.readouterr().err
    assert line.startswith("shop: the alias invokes version 1, not 2; deployment ")
    assert ": Failed IAM_ROLE_PERMISSIONS" in line


def test_deployment_that_has_not_begun_can_be_stopped(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.configure("shop", CANARY)
    applied.publish("shop")
    applied.command(minutes=0).deploy()
    capsys.readouterr()
    assert applied.command(codedeploy=CodeDeploy(applied.codedeploy, never=True)).rollback()
    assert capsys.readouterr().out.splitlines() == ["shop: version 1 has all traffic again"]


def test_history_that_cannot_be_read_is_one_line(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.publish("shop")
    assert applied.command().deploy()
    capsys.readouterr()
    codedeploy = CodeDeploy(applied.codedeploy, denied="list_deployments")
    assert not applied.command(codedeploy=codedeploy).rollback()
    assert not applied.command(codedeploy=codedeploy).deploy()
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [*NAMES, *NAMES]
    assert all("AccessDeniedException" in line for line in lines)
