"""The role of a deployment group: each missing permission fails a deployment."""

import pytest

from tests.local_aws.codedeploy.shop import Shop, role_without
from tests.local_aws.iam.roles import ACCOUNT


@pytest.mark.parametrize("action", ["lambda:GetAlias", "lambda:UpdateAlias", "cloudwatch:DescribeAlarms"])
def test_role_needs_each_permission(shop: Shop, action: str) -> None:
    with role_without(shop, action):
        info = shop.ends(shop.deploy(autoRollbackConfiguration={"enabled": False}), "Failed")
    assert info["errorInformation"]["code"] == "IAM_ROLE_PERMISSIONS"
    assert action in info["errorInformation"]["message"]
    assert "rollbackDeploymentId" not in info["rollbackInfo"]


def test_role_that_may_not_invoke_the_hook_fails(shop: Shop) -> None:
    with role_without(shop, "lambda:InvokeFunction"):
        info = shop.ends(shop.deploy(before="passing", autoRollbackConfiguration={"enabled": False}), "Failed")
    assert "lambda:InvokeFunction" in info["errorInformation"]["message"]


def test_role_that_codedeploy_may_not_assume_fails(shop: Shop) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role"
    change = {"applicationName": "app", "currentDeploymentGroupName": "shop"}
    shop.codedeploy.update_deployment_group(**change, serviceRoleArn=f"{arn}/functions")
    try:
        info = shop.ends(shop.deploy(autoRollbackConfiguration={"enabled": False}), "Failed")
    finally:
        shop.codedeploy.update_deployment_group(**change, serviceRoleArn=f"{arn}/codedeploy")
    assert "codedeploy.amazonaws.com alone must be trusted" in info["errorInformation"]["message"]
