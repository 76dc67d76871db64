"""`release rollback` on the embedded AWS."""

import pytest

from tests.release.stacks import CANARY, NAMES, Applied


def released(applied: Applied, *names: str) -> None:
    """Publish and release a version of these services together."""
    for name in names:
        applied.publish(name)
    assert applied.command().deploy()


def test_last_release_is_rolled_back_alone(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    released(applied, "stock")
    released(applied, "shop")
    capsys.readouterr()
    assert applied.command().rollback()
    assert [applied.live(name) for name in NAMES] == ["1", "2"]
    assert capsys.readouterr().out.splitlines() == ["shop: version 1 has all traffic again"]


def test_services_released_together_are_rolled_back_together(applied: Applied) -> None:
    released(applied, *NAMES)
    assert applied.command().rollback()
    assert [applied.live(name) for name in NAMES] == ["1", "1"]


def test_named_service_is_rolled_back(applied: Applied) -> None:
    released(applied, *NAMES)
    assert applied.command().rollback(["stock"])
    assert [applied.live(name) for name in NAMES] == ["2", "1"]


def test_second_rollback_goes_one_version_further(applied: Applied) -> None:
    released(applied, "shop")
    released(applied, "shop")
    assert applied.command().rollback()
    assert applied.live("shop") == "2"
    assert applied.command().rollback()
    assert applied.live("shop") == "1"


def test_active_alarm_does_not_stop_a_rollback(applied: Applied) -> None:
    released(applied, "shop")
    applied.alarm("shop", "ALARM")
    assert applied.command().rollback()
    assert applied.live("shop") == "1"


def test_version_is_not_released_again_after_its_rollback(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    released(applied, "shop")
    assert applied.command().rollback()
    assert not applied.command().deploy()
    assert "version 2 was rolled back before" in capsys.readouterr().err
    assert applied.live("shop") == "1"


def test_running_canary_is_stopped(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    applied.configure("shop", CANARY)
    applied.publish("shop")
    applied.command(minutes=0).deploy()
    applied.wait_for_canary("shop")
    capsys.readouterr()
    assert applied.command().rollback()
    assert capsys.readouterr().out.splitlines() == ["shop: version 1 has all traffic again"]
    assert applied.live("shop") == "1"


def test_deleted_version_cannot_be_rolled_back_to(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    released(applied, "shop")
    applied.lambda_.delete_function(FunctionName=applied.function("shop"), Qualifier="1")
    assert not applied.command().rollback()
    assert "shop: version 1, which was before 2, does not exist any more" in capsys.readouterr().err


def test_service_without_a_release_cannot_be_rolled_back(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    assert not applied.command().rollback(["shop"])
    assert "shop: no release of the version with the traffic is known" in capsys.readouterr().err


def test_nothing_to_roll_back_is_a_failure(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    assert not applied.command().rollback()
    assert "rollback: no release is known" in capsys.readouterr().err


def test_direct_strategy_cannot_be_rolled_back(applied: Applied, capsys: pytest.CaptureFixture[str]) -> None:
    assert not applied.command(direct=True).rollback()
    assert "the strategy is direct" in capsys.readouterr().err
