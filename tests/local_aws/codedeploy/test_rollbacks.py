"""Deployments that fail or are stopped, and the deployments that roll them back."""

import pytest

from tests.local_aws.codedeploy.shop import AUTOMATIC, CANARY, Shop
from tests.local_aws.iam.roles import rejected
from tests.support.eventually import eventually


def test_failed_hook_is_rolled_back_without_any_traffic(shop: Shop) -> None:
    info = shop.ends(shop.deploy(before="failing"), "Failed")
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    rollback = shop.rolled_back(info)
    assert rollback["creator"] == "codeDeployRollback"
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == info["deploymentId"]
    assert shop.alias() == ("1", {})


def test_alarm_during_the_canary_rolls_back(shop: Shop) -> None:
    deployment = shop.deploy(CANARY)
    eventually(shop.alias, ("1", {"2": 0.1}))
    eventually(lambda: shop.served(100), {"1", "2"})
    shop.alarm("ALARM")
    info = shop.ends(deployment, "Stopped")
    assert info["errorInformation"] == {"code": "ALARM_ACTIVE", "message": "One or more alarms are active: shop-5xx."}
    shop.rolled_back(info)
    assert shop.alias() == ("1", {})
    assert shop.served(30) == {"1"}


def test_active_alarm_can_be_ignored(shop: Shop) -> None:
    shop.alarm("ALARM")
    assert shop.ends(shop.deploy(), "Stopped")
    eventually(lambda: _active(shop), [])
    shop.ends(shop.deploy(overrideAlarmConfiguration={"enabled": False}), "Succeeded")
    assert shop.alias() == ("2", {})


def _active(shop: Shop) -> list[str]:
    found: list[str] = shop.codedeploy.list_deployments(
        applicationName="app", deploymentGroupName="shop", includeOnlyStatuses=["Created", "InProgress"]
    )["deployments"]
    return found


def test_stopped_deployment_is_rolled_back_and_only_one_runs(shop: Shop) -> None:
    deployment = shop.deploy(CANARY)
    eventually(shop.alias, ("1", {"2": 0.1}))
    assert _active(shop) == [deployment]
    assert "already has an active Deployment" in rejected(shop.deploy, "DeploymentLimitExceededException")
    shop.codedeploy.stop_deployment(deploymentId=deployment)
    shop.rolled_back(shop.ends(deployment, "Stopped"))
    assert shop.alias() == ("1", {})


@pytest.mark.parametrize(
    ("group", "request_", "rolled_back"),
    [(False, True, True), (True, False, False), (True, None, True), (False, None, False)],
)
def test_request_to_stop_says_whether_the_deployment_is_rolled_back(
    shop: Shop,
    group: bool,  # noqa: FBT001 - a row
    request_: bool | None,  # noqa: FBT001
    rolled_back: bool,  # noqa: FBT001
) -> None:
    deployment = shop.deploy(CANARY, autoRollbackConfiguration=AUTOMATIC | {"enabled": group})
    eventually(shop.alias, ("1", {"2": 0.1}))
    wanted = {} if request_ is None else {"autoRollbackEnabled": request_}
    shop.codedeploy.stop_deployment(deploymentId=deployment, **wanted)
    info = shop.ends(deployment, "Stopped")
    if rolled_back:
        shop.rolled_back(info)
    assert ("rollbackDeploymentId" in info["rollbackInfo"]) is rolled_back
    # Without a rollback, the traffic stays where it is.
    assert shop.alias() == ("1", {} if rolled_back else {"2": 0.1})


def test_deployment_that_has_ended_cannot_be_stopped(shop: Shop) -> None:
    deployment = shop.deploy()
    shop.ends(deployment, "Succeeded")
    rejected(lambda: shop.codedeploy.stop_deployment(deploymentId=deployment), "DeploymentAlreadyCompletedException")
