"""Deployments by boto3: hooks run from zips, the gateway splits the traffic, and a failed deployment is rolled back.

A minute takes a minute here, so that a canary never ends by itself.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane
from tests.local_aws.codedeploy.appspecs import appspec
from tests.local_aws.data_plane.account import Account, a_zip
from tests.local_aws.iam.roles import ACCOUNT, policy, rejected, trust
from tests.support.deployed.data_plane import data_plane
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client

REGION = "eu-central-1"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
SHOP = "def handler(event, context):\n    return {'statusCode': 200, 'body': context.function_version}\n"
HOOK = """
import os
import boto3

def handler(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=os.environ["STATUS"],
    )
"""
ALLOWED = {
    f"{LAMBDA}:shop": ["lambda:GetAlias", "lambda:UpdateAlias"],
    f"{LAMBDA}:passing": ["lambda:InvokeFunction"],
    f"{LAMBDA}:failing": ["lambda:InvokeFunction"],
    "*": ["cloudwatch:DescribeAlarms"],
}
AUTOMATIC: dict[str, Any] = {"enabled": True}
AUTOMATIC["events"] = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


class Shop:
    """A function with two versions, its alias, its deployment group, and hooks that pass and fail."""

    def __init__(self, clients: dict[str, Any], plane: DataPlane) -> None:
        self.clients = clients
        self.codedeploy, self.lambda_ = clients["codedeploy"], clients["lambda"]
        self.plane = plane

    def deploy(self, configuration: str = AT_ONCE, **arguments: Any) -> str:
        """Create a deployment from version 1 to version 2, and return its id."""
        content = json.dumps(appspec(before=arguments.pop("before", None)))
        deployment_id: str = self.codedeploy.create_deployment(
            applicationName="app",
            deploymentGroupName="shop",
            deploymentConfigName=configuration,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
            **arguments,
        )["deploymentId"]
        return deployment_id

    def info(self, deployment_id: str) -> Any:
        return self.codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]

    def ends(self, deployment_id: str, status: str) -> Any:
        """Wait for the status, and return the deployment."""
        eventually(lambda: self.info(deployment_id)["status"], status)
        return self.info(deployment_id)

    def rolled_back(self, info: Any) -> Any:
        """Wait for the rollback of a deployment, and return it."""
        return self.ends(info["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")

    def alias(self) -> tuple[str, dict[str, float]]:
        alias = self.lambda_.get_alias(FunctionName="shop", Name="live")
        return alias["FunctionVersion"], (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})

    def reset(self) -> None:
        """Send all traffic to version 1 again."""
        self.lambda_.update_alias(
            FunctionName="shop", Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {}}
        )
        assert httpx2.post(f"{self.plane.admin_url}/deployments").status_code == 200

    def served(self, requests: int) -> set[str]:
        """Return the versions that responded to so many requests."""
        with httpx2.Client(base_url=self.plane.url, timeout=30) as client:
            return {client.get("/").text for _ in range(requests)}

    def alarm(self, state: str) -> None:
        self.clients["cloudwatch"].set_alarm_state(AlarmName="shop-5xx", StateValue=state, StateReason="test")


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with ExitStack() as stack:
        control_plane = stack.enter_context(ControlPlane(minute=60.0))
        names = ("apigatewayv2", "cloudwatch", "codedeploy", "iam", "lambda", "logs")
        clients = {name: stack.enter_context(aws_client(name, control_plane.environment)) for name in names}
        roles = _roles(clients["iam"])
        _functions(control_plane, clients, roles["functions"])
        _group(clients, roles["codedeploy"])
        plane = stack.enter_context(data_plane(control_plane.environment, tmp_path_factory.mktemp("work")))
        control_plane.invoke_on(plane.admin_url)
        yield Shop(clients, plane)


def _roles(iam: Any) -> dict[str, str]:
    made = {
        name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        for name, service in (("functions", "lambda"), ("codedeploy", "codedeploy"))
    }
    reporting = {"*": ["codedeploy:PutLifecycleEventHookExecutionStatus"]}
    iam.put_role_policy(RoleName="functions", PolicyName="own", PolicyDocument=policy(reporting))
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(ALLOWED))
    return made


def _functions(control_plane: ControlPlane, clients: dict[str, Any], role: str) -> None:
    account = Account(control_plane.environment, clients["apigatewayv2"], clients["lambda"])
    settings = {"Handler": "main.handler", "Role": role, "Timeout": 20}
    for name, status in (("passing", "Succeeded"), ("failing", "Failed")):
        clients["logs"].create_log_group(logGroupName=f"/aws/lambda/{name}")
        variables = {"Variables": {"STATUS": status}}
        clients["lambda"].create_function(
            FunctionName=name,
            Runtime="python3.13",
            Code={"ZipFile": a_zip("main.py", HOOK)},
            Environment=variables,
            **settings,
        )
    clients["logs"].create_log_group(logGroupName="/aws/lambda/shop")
    live = account.function("shop", caller="", Code={"ZipFile": a_zip("main.py", SHOP)}, **settings)
    clients["lambda"].add_permission(
        FunctionName="shop",
        Qualifier="live",
        StatementId="http-api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    second = a_zip("main.py", f"{SHOP}\n# the second version\n")
    assert clients["lambda"].update_function_code(FunctionName="shop", ZipFile=second, Publish=True)["Version"] == "2"
    api = account.api()
    account.route(api, "$default", live)
    account.stage(api)


def _group(clients: dict[str, Any], role: str) -> None:
    clients["cloudwatch"].put_metric_alarm(
        AlarmName="shop-5xx",
        Namespace="Shop",
        MetricName="5xx",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",  # It keeps the state that the test sets.
    )
    clients["codedeploy"].create_application(applicationName="app", computePlatform="Lambda")
    clients["codedeploy"].create_deployment_group(
        applicationName="app",
        deploymentGroupName="shop",
        deploymentConfigName=CANARY,
        serviceRoleArn=role,
        alarmConfiguration={"enabled": True, "alarms": [{"name": "shop-5xx"}]},
        autoRollbackConfiguration=AUTOMATIC,
        deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    )


@pytest.fixture
def shop(shop_once: Shop) -> Shop:
    shop_once.alarm("OK")
    shop_once.reset()
    return shop_once


@contextmanager
def role_without(shop: Shop, action: str) -> Iterator[None]:
    iam = shop.clients["iam"]
    left = {resource: [one for one in actions if one != action] for resource, actions in ALLOWED.items()}
    kept = {resource: actions for resource, actions in left.items() if actions}
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(kept))
    yield
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(ALLOWED))


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
