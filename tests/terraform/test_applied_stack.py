"""What the unchanged root makes of AWS, word for word; conftest.py lets the test that destroys it come last."""

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.terraform.stack import StackError, terraform_environment
from monorepo.services import services
from tests.support.applied_stack import Applied
from tests.support.fake_zips import change
from tests.support.moto_servers import download

ACCOUNT = "eu-central-1:123456789012"
# What each role may do to its table, and where it may query.
ACTIONS = {
    "users": ["ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"],
    "books": ["DeleteItem", "GetItem", "PutItem", "UpdateItem"],
}
INDEXES = {"users": ["listing"], "books": ["author", "listing", "loans"]}


def _said(applied: Applied, start: int = 0) -> str:
    """What Terraform wrote from that byte of its log on, without the lines' ends, which it sets where it likes."""
    return " ".join((applied.stack.work / "terraform.log").read_bytes()[start:].decode().split())


def test_a_second_plan_shows_no_difference(applied: Applied) -> None:
    assert applied.stack.plan() is False


def test_finished_zips_are_not_warned_about(applied: Applied) -> None:
    assert "not the finished ones" not in _said(applied)


@pytest.mark.parametrize("service", ["users", "books"])
def test_a_role_may_exactly_this(aws: Any, service: str) -> None:
    role = aws("iam").get_role(RoleName=f"bookshelf-dev-{service}")["Role"]
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
                "Resource": [f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/bookshelf-dev-{service}:*"],
            },
            {
                "Sid": "SendTraces",
                "Effect": "Allow",
                "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                "Resource": ["*"],
            },
            {
                "Sid": f"Table{service.title()}",
                "Effect": "Allow",
                "Action": [f"dynamodb:{action}" for action in ACTIONS[service]],
                "Resource": [f"arn:aws:dynamodb:{ACCOUNT}:table/bookshelf-dev-{service}"],
            },
            {
                "Sid": f"Indexes{service.title()}",
                "Effect": "Allow",
                "Action": ["dynamodb:Query"],
                "Resource": [
                    f"arn:aws:dynamodb:{ACCOUNT}:table/bookshelf-dev-{service}/index/{index}"
                    for index in INDEXES[service]
                ],
            },
            {
                "Sid": "SecretJwt",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": [aws("secretsmanager").describe_secret(SecretId="bookshelf-dev-jwt")["ARN"]],
            },
        ],
    }
    assert role["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }


@pytest.mark.parametrize("service", ["users", "books"])
def test_a_function_is_what_its_service_says(applied: Applied, aws: Any, service: str) -> None:
    answer = aws("lambda").get_function(FunctionName=f"bookshelf-dev-{service}", Qualifier="live")
    function = answer["Configuration"]
    expected = {
        "Version": "1",
        "Handler": f"{service}.handler.handler",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "MemorySize": 1024,
        "Timeout": 15,
        "Role": f"arn:aws:iam::123456789012:role/bookshelf-dev-{service}",
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "TRACE",
            "SystemLogLevel": "INFO",
            "LogGroup": f"/aws/lambda/bookshelf-dev-{service}",
        },
    }
    assert {name: function[name] for name in expected} == expected
    own = next(one for one in services() if one.name == service).environment
    assert function["Environment"]["Variables"] == {name: variable.default for name, variable in own.items()} | {
        "ENVIRONMENT": "dev",
        "JWT_AUDIENCE": "bookshelf-dev-api",
        "JWT_ISSUER": "bookshelf-dev",
        "JWT_SECRET_ID": applied.stack.outputs()["secrets"]["jwt"]["arn"],
        "TABLE_NAME": f"bookshelf-dev-{service}",
        "SERVICES": '{"books":"/api/v1/books","users":"/api/v1/users"}',
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": "Bookshelf/dev",
        "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
    }
    assert [layer["Arn"] for layer in function["Layers"]] == [f"arn:aws:lambda:{ACCOUNT}:layer:bookshelf-dev-common:1"]
    assert download(answer["Code"]["Location"]) == (applied.dist / f"{service}.zip").read_bytes()


def test_every_route_calls_its_services_live_alias(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    integrations = {
        f"integrations/{integration['IntegrationId']}": integration
        for integration in aws("apigatewayv2").get_integrations(ApiId=api)["Items"]
    }
    routes = {
        route["RouteKey"]: integrations[route["Target"]]["IntegrationUri"].split("/functions/")[1].split("/")[0]
        for route in aws("apigatewayv2").get_routes(ApiId=api)["Items"]
    }
    users, books = (f"arn:aws:lambda:{ACCOUNT}:function:bookshelf-dev-{name}:live" for name in ("users", "books"))
    assert routes == {
        "ANY /api/v1/users": users,
        "ANY /api/v1/users/{proxy+}": users,
        "ANY /users": users,
        "ANY /users/{proxy+}": users,
        "ANY /api/v1/books": books,
        "ANY /api/v1/books/{proxy+}": books,
        "$default": users,
    }
    assert {integration["PayloadFormatVersion"] for integration in integrations.values()} == {"2.0"}


def test_only_this_api_may_call_an_alias(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    policy = aws("lambda").get_policy(FunctionName="bookshelf-dev-users", Qualifier="live")["Policy"]
    [statement] = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Resource"] == f"arn:aws:lambda:{ACCOUNT}:function:bookshelf-dev-users:live"
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{ACCOUNT}:{api}/*/*"}}


def test_the_api_has_no_cors_and_logs_json(applied: Applied, aws: Any) -> None:
    api = applied.stack.outputs()["api_id"]
    assert "CorsConfiguration" not in aws("apigatewayv2").get_api(ApiId=api)
    stage = aws("apigatewayv2").get_stage(ApiId=api, StageName="$default")
    log = stage["AccessLogSettings"]
    assert log["DestinationArn"] == f"arn:aws:logs:{ACCOUNT}:log-group:/aws/apigateway/bookshelf-dev"
    assert json.loads(log["Format"])["requestId"] == "$context.requestId"


def test_tables_have_the_keys_of_their_files(aws: Any) -> None:
    for service in ("users", "books"):
        schema = json.loads((Path(__file__).parents[2] / "services" / service / "table.json").read_text())
        table = aws("dynamodb").describe_table(TableName=f"bookshelf-dev-{service}")["Table"]
        assert table["KeySchema"] == schema["KeySchema"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        indexes = table.get("GlobalSecondaryIndexes", [])
        made = {index["IndexName"]: (index["KeySchema"], sorted_projection(index)) for index in indexes}
        assert made == {
            index["IndexName"]: (index["KeySchema"], sorted_projection(index))
            for index in schema["GlobalSecondaryIndexes"]
        }
        expiry = aws("dynamodb").describe_time_to_live(TableName=f"bookshelf-dev-{service}")["TimeToLiveDescription"]
        expected = schema.get("TimeToLiveSpecification", {"Enabled": False})
        assert expiry.get("AttributeName") == expected.get("AttributeName")
        assert (expiry["TimeToLiveStatus"] == "ENABLED") is expected["Enabled"]


def sorted_projection(index: dict[str, Any]) -> tuple[str, list[str]]:
    return index["Projection"]["ProjectionType"], sorted(index["Projection"].get("NonKeyAttributes", []))


def test_the_secret_is_random_and_long_and_in_no_file_of_terraforms(applied: Applied, aws: Any) -> None:
    document = aws("secretsmanager").get_secret_value(SecretId="bookshelf-dev-jwt")["SecretString"]
    assert json.loads(document).keys() == {"jwt_secret"}
    value = json.loads(document)["jwt_secret"]
    assert re.fullmatch(r"[A-Za-z0-9]{64}", value)
    assert_not_written(applied, value)


def test_a_secret_that_was_rotated_by_others_is_left_alone(applied: Applied, aws: Any) -> None:
    rotated = json.dumps({"jwt_secret": "rotated-" * 8})
    aws("secretsmanager").put_secret_value(SecretId="bookshelf-dev-jwt", SecretString=rotated)
    assert applied.stack.plan() is False
    applied.stack.apply()
    secret = aws("secretsmanager").get_secret_value(SecretId="bookshelf-dev-jwt")
    assert secret["SecretString"] == rotated
    before = aws("secretsmanager").get_secret_value(SecretId="bookshelf-dev-jwt", VersionStage="AWSPREVIOUS")
    assert re.fullmatch(r"[A-Za-z0-9]{64}", json.loads(before["SecretString"])["jwt_secret"])
    assert_not_written(applied, "rotated-" * 8)


def assert_not_written(applied: Applied, value: str) -> None:
    files = [file for file in applied.stack.work.rglob("*") if file.is_file() and "providers" not in file.parts]
    assert {"terraform.tfstate", "terraform.log"} <= {file.name for file in files}
    assert [file for file in files if value.encode() in file.read_bytes()] == []


@pytest.mark.parametrize("chosen", ["default", "local"])
def test_variables_of_a_service_have_the_chosen_value(applied: Applied, chosen: str) -> None:
    installed = applied.stack.work / "terraform"
    console = subprocess.run(
        ["terraform", "console", f"-var=local_values={json.dumps(chosen == 'local')}"],  # noqa: S607
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


def test_every_log_group_forgets(aws: Any) -> None:
    groups = aws("logs").describe_log_groups()["logGroups"]
    assert {group["logGroupName"]: group.get("retentionInDays") for group in groups} == {
        "/aws/apigateway/bookshelf-dev": 30,
        "/aws/lambda/bookshelf-dev-books": 30,
        "/aws/lambda/bookshelf-dev-users": 30,
    }


def test_a_missing_zip_is_refused(applied: Applied, tmp_path: Path) -> None:
    bare = replace(applied.stack, variables={"dist_dir": str(tmp_path)})
    with pytest.raises(StackError) as refusal:
        bare.plan()
    said = " ".join(str(refusal.value).split())
    assert f"There is no {tmp_path}/common-layer.zip: run `pants package ::` first." in said
    assert "filebase64sha256" not in str(refusal.value)


def test_a_changed_zip_becomes_the_live_version(applied: Applied, aws: Any) -> None:
    change(applied.dist / "users.zip")
    start = (applied.stack.work / "terraform.log").stat().st_size
    applied.stack.apply()
    assert "not the finished ones" in _said(applied, start)  # The manifest has the hash of the old one.
    versions = {
        service: aws("lambda").get_alias(FunctionName=f"bookshelf-dev-{service}", Name="live")["FunctionVersion"]
        for service in ("users", "books")
    }
    assert versions == {"users": "2", "books": "1"}
    location = aws("lambda").get_function(FunctionName="bookshelf-dev-users", Qualifier="live")["Code"]["Location"]
    assert download(location) == (applied.dist / "users.zip").read_bytes()


def test_destroy_leaves_nothing_and_needs_no_zips(applied: Applied, aws: Any, tmp_path: Path) -> None:
    replace(applied.stack, variables={"dist_dir": str(tmp_path)}).destroy()
    left = {
        "functions": aws("lambda").list_functions()["Functions"],
        "layers": aws("lambda").list_layers()["Layers"],
        "tables": aws("dynamodb").list_tables()["TableNames"],
        "secrets": aws("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"],
        "roles": aws("iam").list_roles()["Roles"],
        "log groups": aws("logs").describe_log_groups()["logGroups"],
        "queries": aws("logs").describe_query_definitions()["queryDefinitions"],
        "alarms": aws("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": aws("cloudwatch").list_dashboards()["DashboardEntries"],
        "topics": aws("sns").list_topics()["Topics"],
        "APIs": aws("apigatewayv2").get_apis()["Items"],
        "state": json.loads((applied.stack.work / "terraform.tfstate").read_text())["resources"],
    }
    assert not any(left.values()), left
