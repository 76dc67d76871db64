"""What deployments shift: a function with two versions, its alias, its deployment group, and hooks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane
from tests.local_aws.codedeploy.appspecs import appspec
from tests.local_aws.data_plane.account import Account, a_zip
from tests.local_aws.iam.roles import ACCOUNT, policy, trust
from tests.support.eventually import eventually

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
        assert httpx2.post(f"{self.plane.admin_url}/deployments", headers=self.plane.authorization).status_code == 200

    def served(self, requests: int) -> set[str]:
        """Return the versions that responded to so many requests."""
        with httpx2.Client(base_url=self.plane.url, timeout=30) as client:
            return {client.get("/").text for _ in range(requests)}

    def alarm(self, state: str) -> None:
        self.clients["cloudwatch"].set_alarm_state(AlarmName="shop-5xx", StateValue=state, StateReason="test")


def make_roles(iam: Any) -> dict[str, str]:
    made = {
        name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        for name, service in (("functions", "lambda"), ("codedeploy", "codedeploy"))
    }
    reporting = {"*": ["codedeploy:PutLifecycleEventHookExecutionStatus"]}
    iam.put_role_policy(RoleName="functions", PolicyName="own", PolicyDocument=policy(reporting))
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(ALLOWED))
    return made


def make_functions(control_plane: ControlPlane, clients: dict[str, Any], role: str) -> None:
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


def make_group(clients: dict[str, Any], role: str) -> None:
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


@contextmanager
def role_without(shop: Shop, action: str) -> Iterator[None]:
    iam = shop.clients["iam"]
    left = {resource: [one for one in actions if one != action] for resource, actions in ALLOWED.items()}
    kept = {resource: actions for resource, actions in left.items() if actions}
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(kept))
    yield
    iam.put_role_policy(RoleName="codedeploy", PolicyName="own", PolicyDocument=policy(ALLOWED))
