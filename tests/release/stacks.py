"""Two services on the embedded AWS, as an apply leaves them, without functions that run."""

import json
import time
from typing import Any

from release.command import Command
from release.outputs import Service, Stack
from tests.local_aws.data_plane.account import a_zip
from tests.local_aws.iam.roles import ACCOUNT, make_role, policy, trust
from tests.support.eventually import eventually

NAMES = ("shop", "stock")
CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


class Applied:
    """The clients of an account with the functions of NAMES, their aliases and their deployment groups.

    Each test has functions of its own: their names begin with `prefix`.
    """

    def __init__(self, clients: dict[str, Any], prefix: str) -> None:
        self.lambda_, self.codedeploy = clients["lambda"], clients["codedeploy"]
        self.cloudwatch, self._iam = clients["cloudwatch"], clients["iam"]
        self.prefix = prefix
        self._edits = 0
        role = self._role()
        functions_role = make_role(self._iam, f"{prefix}-functions")
        self.codedeploy.create_application(applicationName=prefix, computePlatform="Lambda")
        for name in NAMES:
            self.create(name, functions_role)
            self._group(name, role)

    def function(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def create(self, name: str, role: str) -> None:
        """Create the function with its first version, and the alias."""
        self.lambda_.create_function(
            FunctionName=self.function(name),
            Runtime="python3.13",
            Handler="main.handler",
            Role=role,
            Code={"ZipFile": a_zip("main.py", "")},
            Publish=True,
        )
        self.lambda_.create_alias(FunctionName=self.function(name), Name="live", FunctionVersion="1")

    def publish(self, name: str) -> str:
        """Publish a new version, as an apply does, and return it."""
        self._edits += 1
        code = a_zip("main.py", f"# {self._edits}\n")
        found = self.lambda_.update_function_code(FunctionName=self.function(name), ZipFile=code, Publish=True)
        return str(found["Version"])

    def live(self, name: str) -> str:
        version: str = self.lambda_.get_alias(FunctionName=self.function(name), Name="live")["FunctionVersion"]
        return version

    def versions(self, name: str) -> list[str]:
        found = self.lambda_.list_versions_by_function(FunctionName=self.function(name))["Versions"]
        return [each["Version"] for each in found if each["Version"] != "$LATEST"]

    def configure(self, name: str, configuration: str) -> None:
        """Choose how the traffic of a service shifts."""
        self.codedeploy.update_deployment_group(
            applicationName=self.prefix, currentDeploymentGroupName=name, deploymentConfigName=configuration
        )

    def alarm(self, name: str, state: str) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=self.function(name), StateValue=state, StateReason="test")

    def command(self, *, hook: str | None = None, direct: bool = False, **changes: Any) -> Command:
        """Return the command on this stack."""
        keep = changes.pop("keep", 10)
        stack = Stack(
            "direct" if direct else "all_at_once",
            keep,
            None if direct else self.prefix,
            hook,
            tuple(Service(name, self.function(name), "live", None if direct else name) for name in NAMES),
        )
        codedeploy = changes.pop("codedeploy", self.codedeploy)
        return Command(stack, self.lambda_, codedeploy, **{"pause": lambda _: time.sleep(0.1), **changes})

    def wait_for_canary(self, name: str) -> None:
        def weights() -> object:
            alias = self.lambda_.get_alias(FunctionName=self.function(name), Name="live")
            return list((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}).values())

        eventually(weights, [0.1])

    def _role(self) -> str:
        name = f"{self.prefix}-codedeploy"
        arn: str = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("codedeploy"))["Role"]["Arn"]
        functions = [f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:{self.function(each)}" for each in NAMES]
        grants = {function: ["lambda:GetAlias", "lambda:UpdateAlias"] for function in functions}
        document = policy(grants | {"*": ["cloudwatch:DescribeAlarms"]})
        self._iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        return arn

    def _group(self, name: str, role: str) -> None:
        alarm = self.function(name)
        self.cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="Shop",
            MetricName="5xx",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="ignore",  # It keeps the state that the test sets.
        )
        rollback: dict[str, Any] = {"enabled": True}
        rollback["events"] = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
        self.codedeploy.create_deployment_group(
            applicationName=self.prefix,
            deploymentGroupName=name,
            deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
            serviceRoleArn=role,
            alarmConfiguration={"enabled": True, "alarms": [{"name": alarm}]},
            autoRollbackConfiguration=rollback,
        )


def outputs(applied: Applied, environment: str = "prod") -> str:
    """Return what `terraform output -json` prints."""
    services = {
        name: {"function_name": applied.function(name), "alias_name": "live", "deployment_group": name}
        for name in NAMES
    }
    value = {
        "environment": environment,
        "strategy": "canary_10_5",
        "keep_versions": 10,
        "application": applied.prefix,
        "hook_arn": None,
        "services": services,
    }
    return json.dumps({"release": {"sensitive": False, "value": value}, "api_id": {"value": "a"}})
