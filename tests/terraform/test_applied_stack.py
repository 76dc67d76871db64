"""The exact resources that the unchanged root creates on AWS. conftest.py runs the destroying test last."""

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.terraform.stack import StackError, terraform_environment
from monorepo.product import product
from monorepo.services import Service, default_service, services
from tests.support.applied_stack import Applied
from tests.support.fake_zips import change
from tests.support.function_variables import function_variables
from tests.support.left_behind import left_behind
from tests.support.moto_servers import download

REGION = "eu-central-1"
ACCOUNT = f"{REGION}:123456789012"
PREFIX = f"{product().name}-dev"
SERVICES = {service.name: service for service in services()}
DEFAULT = default_service().name
UNFINISHED = "not the ones that its manifest.json lists"


def table_file(service: str) -> dict[str, Any]:
    """Return the service's table.json."""
    schema: dict[str, Any] = json.loads((SERVICES[service].folder / "table.json").read_text())
    return schema


def granted(service: Service) -> list[dict[str, Any]]:
    """Return the policy statements on tables and indexes that the service.yaml grants."""
    on_tables, on_indexes = [], []
    for table, actions in sorted(service.grants.items()):
        arn = f"arn:aws:dynamodb:{ACCOUNT}:table/{PREFIX}-{table}"
        indexes = sorted(index["IndexName"] for index in table_file(table).get("GlobalSecondaryIndexes", ()))
        sid = table.title().replace("_", "")
        own = sorted(action for action in actions if action != "dynamodb:Query" or not indexes)
        if own:
            on_tables.append({"Sid": f"Table{sid}", "Effect": "Allow", "Action": own, "Resource": [arn]})
        if indexes and "dynamodb:Query" in actions:
            query = {"Sid": f"Indexes{sid}", "Effect": "Allow", "Action": ["dynamodb:Query"]}
            on_indexes.append(query | {"Resource": [f"{arn}/index/{index}" for index in indexes]})
    return on_tables + on_indexes


def _log(applied: Applied, start: int = 0) -> str:
    """Return Terraform's log from this byte on as one line, because Terraform wraps its lines."""
    return " ".join((applied.stack.work / "terraform.log").read_bytes()[start:].decode().split())


def test_second_plan_shows_no_difference(applied: Applied) -> None:
    assert applied.stack.plan() is False


def test_finished_zips_cause_no_warning(applied: Applied) -> None:
    assert UNFINISHED not in _log(applied)


@pytest.mark.parametrize("service", SERVICES)
def test_role_allows_exactly_its_grants(aws: Any, service: str) -> None:
    role = aws("iam").get_role(RoleName=f"{PREFIX}-{service}-{REGION}")["Role"]
    policies = aws("iam").list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    assert policies == ["service"]
    assert aws("iam").list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []
    assert aws("iam").get_role_policy(RoleName=role["RoleName"], PolicyName="service")["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "WriteOwnLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/{PREFIX}-{service}:*"],
            },
            {
                "Sid": "SendTraces",
                "Effect": "Allow",
                "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                "Resource": ["*"],
            },
            *granted(SERVICES[service]),
            *(
                {
                    "Sid": f"Secret{secret.title()}",
                    "Effect": "Allow",
                    "Action": ["secretsmanager:GetSecretValue"],
                    "Resource": [aws("secretsmanager").describe_secret(SecretId=f"{PREFIX}-{secret}")["ARN"]],
                }
                for secret in sorted(SERVICES[service].secrets)
            ),
        ],
    }
    assert role["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }


@pytest.mark.parametrize("service", SERVICES)
def test_function_matches_its_service_file(applied: Applied, aws: Any, service: str) -> None:
    response = aws("lambda").get_function(FunctionName=f"{PREFIX}-{service}", Qualifier="live")
    function = response["Configuration"]
    expected = {
        "Version": "1",
        "Handler": f"{service}.handler.handler",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "MemorySize": 1024,
        "Timeout": 15,
        "Role": f"arn:aws:iam::123456789012:role/{PREFIX}-{service}-{REGION}",
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "TRACE",
            "SystemLogLevel": "INFO",
            "LogGroup": f"/aws/lambda/{PREFIX}-{service}",
        },
    }
    assert {name: function[name] for name in expected} == expected
    own = {name: variable.default for name, variable in SERVICES[service].environment.items()}
    secrets = {
        f"{name.upper()}_SECRET_ID": applied.stack.outputs()["secrets"][name]["arn"]
        for name in SERVICES[service].secrets
    }
    addresses = json.dumps({name: one.paths[0] for name, one in SERVICES.items()}, separators=(",", ":"))
    # Only the default service serves the documentation of all services.
    documented = {"SERVICES": addresses} if SERVICES[service].default else {}
    written = own | secrets | documented | {"TABLE_NAME": f"{PREFIX}-{service}"} | function_variables(service)
    assert function["Environment"]["Variables"] == written
    assert [layer["Arn"] for layer in function["Layers"]] == [f"arn:aws:lambda:{ACCOUNT}:layer:{PREFIX}-common:1"]
    assert download(response["Code"]["Location"]) == (applied.dist / f"{service}.zip").read_bytes()


def test_routes_call_the_live_alias_of_their_service(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    integrations = {
        f"integrations/{integration['IntegrationId']}": integration
        for integration in aws("apigatewayv2").get_integrations(ApiId=api)["Items"]
    }
    routes = {
        route["RouteKey"]: integrations[route["Target"]]["IntegrationUri"].split("/functions/")[1].split("/")[0]
        for route in aws("apigatewayv2").get_routes(ApiId=api)["Items"]
    }
    alias = {name: f"arn:aws:lambda:{ACCOUNT}:function:{PREFIX}-{name}:live" for name in SERVICES}
    assert routes == {"$default": alias[DEFAULT]} | {
        f"ANY {path}{rest}": alias[service.name]
        for service in SERVICES.values()
        for path in service.paths
        for rest in ("", "/{proxy+}")
    }
    assert {integration["PayloadFormatVersion"] for integration in integrations.values()} == {"2.0"}


def test_only_this_api_may_call_an_alias(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    policy = aws("lambda").get_policy(FunctionName=f"{PREFIX}-{DEFAULT}", Qualifier="live")["Policy"]
    [statement] = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Resource"] == f"arn:aws:lambda:{ACCOUNT}:function:{PREFIX}-{DEFAULT}:live"
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{ACCOUNT}:{api}/*/*"}}


def test_api_has_no_cors_and_logs_json(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    assert "CorsConfiguration" not in aws("apigatewayv2").get_api(ApiId=api)
    stage = aws("apigatewayv2").get_stage(ApiId=api, StageName="$default")
    log = stage["AccessLogSettings"]
    assert log["DestinationArn"] == f"arn:aws:logs:{ACCOUNT}:log-group:/aws/vendedlogs/apigateway/{PREFIX}"
    assert json.loads(log["Format"])["requestId"] == "$context.requestId"


def test_tables_have_the_keys_of_their_files(aws: Any) -> None:
    for service in SERVICES:
        schema = table_file(service)
        table = aws("dynamodb").describe_table(TableName=f"{PREFIX}-{service}")["Table"]
        assert table["KeySchema"] == schema["KeySchema"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        indexes = table.get("GlobalSecondaryIndexes", [])
        made = {index["IndexName"]: (index["KeySchema"], sorted_projection(index)) for index in indexes}
        assert made == {
            index["IndexName"]: (index["KeySchema"], sorted_projection(index))
            for index in schema.get("GlobalSecondaryIndexes", ())
        }
        expiry = aws("dynamodb").describe_time_to_live(TableName=f"{PREFIX}-{service}")["TimeToLiveDescription"]
        expected = schema.get("TimeToLiveSpecification", {"Enabled": False})
        assert expiry.get("AttributeName") == expected.get("AttributeName")
        assert (expiry["TimeToLiveStatus"] == "ENABLED") is expected["Enabled"]


def sorted_projection(index: dict[str, Any]) -> tuple[str, list[str]]:
    return index["Projection"]["ProjectionType"], sorted(index["Projection"].get("NonKeyAttributes", []))


def test_secret_is_random_and_not_in_any_terraform_file(applied: Applied, aws: Any) -> None:
    document = aws("secretsmanager").get_secret_value(SecretId=f"{PREFIX}-jwt")["SecretString"]
    assert json.loads(document).keys() == {"jwt_secret"}
    value = json.loads(document)["jwt_secret"]
    assert re.fullmatch(r"[A-Za-z0-9]{64}", value)
    assert_not_written(applied, value)


def test_rotated_secret_is_not_replaced(applied: Applied, aws: Any) -> None:
    rotated = json.dumps({"jwt_secret": "rotated-" * 8})
    aws("secretsmanager").put_secret_value(SecretId=f"{PREFIX}-jwt", SecretString=rotated)
    assert applied.stack.plan() is False
    applied.stack.apply()
    secret = aws("secretsmanager").get_secret_value(SecretId=f"{PREFIX}-jwt")
    assert secret["SecretString"] == rotated
    before = aws("secretsmanager").get_secret_value(SecretId=f"{PREFIX}-jwt", VersionStage="AWSPREVIOUS")
    assert re.fullmatch(r"[A-Za-z0-9]{64}", json.loads(before["SecretString"])["jwt_secret"])
    assert_not_written(applied, "rotated-" * 8)


def assert_not_written(applied: Applied, value: str) -> None:
    files = [file for file in applied.stack.work.rglob("*") if file.is_file() and "providers" not in file.parts]
    assert "terraform.log" in {file.name for file in files}
    assert [file for file in files if value.encode() in file.read_bytes()] == []
    state = applied.stack.state.read()
    assert state["resources"]
    assert value not in json.dumps(state)


@pytest.mark.parametrize("chosen", ["default", "local"])
def test_variables_of_a_service_have_the_chosen_value(applied: Applied, chosen: str) -> None:
    installed = applied.stack.work / "terraform"
    values = ["-var=deletion_protection=false", f"-var=local_values={json.dumps(chosen == 'local')}"]
    console = subprocess.run(
        ["terraform", "console", *values],  # noqa: S607
        input="jsonencode({ for name, service in local.services : name => service.environment })",
        cwd=applied.stack.root,
        env=terraform_environment(os.environ, applied.environment)
        | {"TF_DATA_DIR": str(installed), "TF_CLI_CONFIG_FILE": str(installed / "installed.tfrc")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(json.loads(console.stdout)) == {
        service.name: {name: getattr(variable, chosen) for name, variable in service.environment.items()}
        for service in services()
    }


def test_every_log_group_has_a_retention(aws: Any) -> None:
    groups = aws("logs").describe_log_groups()["logGroups"]
    assert {group["logGroupName"]: group.get("retentionInDays") for group in groups} == {
        f"/aws/vendedlogs/apigateway/{PREFIX}": 30,
        **{f"/aws/lambda/{PREFIX}-{service}": 30 for service in SERVICES},
    }


def test_missing_zip_is_rejected(applied: Applied, tmp_path: Path) -> None:
    bare = replace(applied.stack, variables={"dist_dir": str(tmp_path)})
    with pytest.raises(StackError) as raised:
        bare.plan()
    message = " ".join(str(raised.value).split())
    assert f"There is no {tmp_path}/common-layer.zip: run `make package` first." in message
    assert "filebase64sha256" not in str(raised.value)


def test_reservation_that_lambda_would_reject_and_own_table_as_restored_one_fail_the_plan(applied: Applied) -> None:
    chosen = {
        "sizing": {DEFAULT: {"reserved_concurrency": 901}},
        "restored_tables": {DEFAULT: {"name": f"{PREFIX}-{DEFAULT}"}},
    }
    variables = {**applied.stack.variables, **{name: json.dumps(value) for name, value in chosen.items()}}
    with pytest.raises(StackError) as raised:
        replace(applied.stack, variables=variables).plan()
    said = " ".join(str(raised.value).replace("│", " ").split())
    assert "sizing reserves 901 of the account's 1000 concurrent executions" in said
    assert "Reserve at most 900 in total" in said
    assert "DynamoDB restores into new tables only" in said


@pytest.mark.parametrize(("executions", "fits"), [(450, True), (451, False)])
def test_provisioned_concurrency_that_lambda_would_reject_fails_the_plan(
    applied: Applied, executions: int, *, fits: bool
) -> None:
    chosen = {"sizing": {DEFAULT: {"provisioned_concurrency": {"executions": executions}}}}
    variables = {**applied.stack.variables, **{name: json.dumps(value) for name, value in chosen.items()}}
    planned = replace(applied.stack, variables=variables)
    if fits:
        assert planned.plan()
        return
    with pytest.raises(StackError) as raised:
        planned.plan()
    said = " ".join(str(raised.value).replace("│", " ").split())
    assert "sizing provisions up to 902 of the 1000 concurrent executions that are not reserved" in said
    assert "Provision at most 900 in total" in said


def test_changed_zip_becomes_the_live_version(applied: Applied, aws: Any) -> None:
    change(applied.dist / f"{DEFAULT}.zip")
    start = (applied.stack.work / "terraform.log").stat().st_size
    applied.stack.apply()
    assert UNFINISHED in _log(applied, start)  # The manifest has the old zip's hash.
    versions = {
        service: aws("lambda").get_alias(FunctionName=f"{PREFIX}-{service}", Name="live")["FunctionVersion"]
        for service in SERVICES
    }
    assert versions == {service: "2" if service == DEFAULT else "1" for service in SERVICES}
    location = aws("lambda").get_function(FunctionName=f"{PREFIX}-{DEFAULT}", Qualifier="live")["Code"]["Location"]
    assert download(location) == (applied.dist / f"{DEFAULT}.zip").read_bytes()


def test_sizing_of_a_service_overrides_the_default_and_a_small_quota_limits_bursts(applied: Applied, aws: Any) -> None:
    chosen = {
        "default_sizing": {"timeout": 18},
        "sizing": {DEFAULT: {"memory_size": 512}},
        "account_concurrency": 10,
    }
    start = (applied.stack.work / "terraform.log").stat().st_size
    variables = {**applied.stack.variables, **{name: json.dumps(value) for name, value in chosen.items()}}
    replace(applied.stack, variables=variables).apply()
    for service in SERVICES:
        function = aws("lambda").get_function_configuration(FunctionName=f"{PREFIX}-{service}", Qualifier="live")
        assert (function["MemorySize"], function["Timeout"]) == (512 if service == DEFAULT else 1024, 18)
        [alarm] = aws("cloudwatch").describe_alarms(AlarmNames=[f"{PREFIX}-{service}-concurrency"])["MetricAlarms"]
        assert alarm["Threshold"] == 8
    stage = aws("apigatewayv2").get_stage(ApiId=applied.stack.outputs()["api_id"], StageName="$default")
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 10
    said = " ".join(_log(applied, start).replace("│", " ").split())
    assert f"This account runs at most 10 functions at the same time in {REGION}" in said


def test_destroy_leaves_nothing_and_needs_no_zips(applied: Applied, aws: Any, tmp_path: Path) -> None:
    replace(applied.stack, variables={"dist_dir": str(tmp_path)}).destroy()
    assert left_behind(aws) == {}
    assert applied.stack.state.read()["resources"] == []
