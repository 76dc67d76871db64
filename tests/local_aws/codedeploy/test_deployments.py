"""Deployments by boto3: hooks run from zips, the gateway serves the new version, and groups are changed and deleted."""

import pytest

from tests.local_aws.codedeploy.shop import AT_ONCE, CANARY, Shop
from tests.local_aws.iam.roles import rejected


def test_traffic_shifts_after_the_hook_has_passed(shop: Shop) -> None:
    assert shop.served(3) == {"1"}
    deployment = shop.deploy(before="passing")
    info = shop.ends(deployment, "Succeeded")
    assert shop.alias() == ("2", {})
    assert shop.served(3) == {"2"}
    assert info["creator"] == "user"
    assert "content" not in info["revision"]["appSpecContent"]
    assert len(info["revision"]["appSpecContent"]["sha256"]) == 64


def test_target_has_versions_weight_and_events(shop: Shop) -> None:
    deployment = shop.deploy(before="passing")
    shop.ends(deployment, "Succeeded")
    ids = shop.codedeploy.list_deployment_targets(deploymentId=deployment)["targetIds"]
    found = shop.codedeploy.batch_get_deployment_targets(deploymentId=deployment, targetIds=ids)
    [target] = [each["lambdaTarget"] for each in found["deploymentTargets"]]
    assert target["lambdaFunctionInfo"] == {
        "functionName": "shop",
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 100.0,
    }
    assert [(event["lifecycleEventName"], event["status"]) for event in target["lifecycleEvents"]] == [
        ("BeforeAllowTraffic", "Succeeded"),
        ("AllowTraffic", "Succeeded"),
        ("AfterAllowTraffic", "Skipped"),
    ]


def test_group_is_read_changed_and_deleted(shop: Shop) -> None:
    codedeploy = shop.codedeploy
    codedeploy.create_application(applicationName="other", computePlatform="Lambda")
    names = {"applicationName": "other", "deploymentGroupName": "group"}
    codedeploy.create_deployment_group(
        **names,
        deploymentConfigName=AT_ONCE,
        serviceRoleArn="arn:aws:iam::123456789012:role/a",
        alarmConfiguration={"enabled": True, "alarms": [{"name": "one"}]},
    )
    codedeploy.update_deployment_group(
        applicationName="other",
        currentDeploymentGroupName="group",
        deploymentConfigName=CANARY,
        alarmConfiguration={"enabled": True, "alarms": [{"name": "two"}]},
    )
    info = codedeploy.get_deployment_group(**names)["deploymentGroupInfo"]
    assert "loadBalancerInfo" not in info
    assert info["deploymentConfigName"] == CANARY
    assert info["alarmConfiguration"]["alarms"] == [{"name": "two"}]
    assert info["serviceRoleArn"].endswith(":role/a")
    assert "loadBalancerInfo" not in info
    codedeploy.delete_deployment_group(**names)
    rejected(lambda: codedeploy.get_deployment_group(**names), "DeploymentGroupDoesNotExistException")
    codedeploy.delete_application(applicationName="other")
    assert codedeploy.list_applications()["applications"] == ["app"]


def test_invalid_deployments_are_rejected(shop: Shop) -> None:
    codedeploy = shop.codedeploy
    names = {"applicationName": "app", "deploymentGroupName": "shop"}
    rejected(lambda: codedeploy.create_deployment(**names, revision={"revisionType": "S3"}), "InvalidRevisionException")
    rejected(lambda: shop.deploy("CodeDeployDefault.OneAtATime"), "DeploymentConfigDoesNotExistException")


def test_results_of_other_hooks_are_rejected(shop: Shop) -> None:
    deployment = shop.deploy()
    shop.ends(deployment, "Succeeded")

    def report(status: str) -> None:
        shop.codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment, lifecycleEventHookExecutionId="unknown", status=status
        )

    rejected(lambda: report("Succeeded"), "InvalidLifecycleEventHookExecutionIdException")
    rejected(lambda: report("Skipped"), "InvalidLifecycleEventHookExecutionStatusException")
    with pytest.raises(shop.codedeploy.exceptions.DeploymentTargetDoesNotExistException):
        shop.codedeploy.batch_get_deployment_targets(deploymentId=deployment, targetIds=["other"])
