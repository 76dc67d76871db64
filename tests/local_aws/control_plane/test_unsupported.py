"""Resources that would never run are rejected with the reason, and others of the same services are created."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.control_plane.unsupported import TABLE, Row
from tests.local_aws.iam.roles import ACCOUNT, rejected
from tests.support.moto_servers import aws_client

FUNCTION = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:people"
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:people"
TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:people"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/people"
TARGET = {"Arn": FUNCTION, "RoleArn": ROLE}
FIRING = {"ScheduleExpression": "rate(1 minute)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}
NOTIFICATION = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}
# In the order of the table: method of a service, and its arguments.
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("lambda.create_event_source_mapping", {"EventSourceArn": QUEUE, "FunctionName": "people"}),
    ("lambda.create_function_url_config", {"FunctionName": "people", "AuthType": "NONE"}),
    ("lambda.put_function_event_invoke_config", {"FunctionName": "people", "MaximumRetryAttempts": 1}),
    ("lambda.invoke_async", {"FunctionName": "people", "InvokeArgs": b"{}"}),
    ("lambda.invoke_with_response_stream", {"FunctionName": "people"}),
    (
        "apigatewayv2.create_authorizer",
        {"ApiId": "abc", "AuthorizerType": "REQUEST", "IdentitySource": [], "Name": "people"},
    ),
    ("apigateway.create_rest_api", {"name": "people"}),
    ("events.put_targets", {"Rule": "people", "Targets": [{"Id": "1", "Arn": FUNCTION}]}),
    ("scheduler.create_schedule", {"Name": "people", **FIRING}),
    ("pipes.create_pipe", {"Name": "people", "RoleArn": ROLE, "Source": QUEUE, "Target": FUNCTION}),
    ("stepfunctions.create_state_machine", {"name": "people", "definition": "{}", "roleArn": ROLE}),
    ("sns.subscribe", {"TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": FUNCTION}),
    ("sns.subscribe", {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://localhost.example/alarms"}),
    (
        "s3.put_bucket_notification_configuration",
        {"Bucket": "people", "NotificationConfiguration": {"LambdaFunctionConfigurations": [NOTIFICATION]}},
    ),
    (
        "logs.put_subscription_filter",
        {"logGroupName": "people", "filterName": "all", "filterPattern": "", "destinationArn": FUNCTION},
    ),
    ("secretsmanager.rotate_secret", {"SecretId": "people", "RotationLambdaARN": FUNCTION}),
    ("cognito-idp.create_user_pool", {"PoolName": "people", "LambdaConfig": {"PreSignUp": FUNCTION}}),
]
REJECTED = [pytest.param(row, *call, id=call[0]) for row, call in zip(TABLE, CALLS, strict=True)]


@pytest.mark.parametrize(("row", "call", "arguments"), REJECTED)
def test_call_is_rejected_at_once_with_the_reason(
    control_plane: ControlPlane, row: Row, call: str, arguments: dict[str, Any]
) -> None:
    service, method = call.split(".")
    with aws_client(service, control_plane.environment) as client:
        message = rejected(lambda: getattr(client, method)(**arguments), "UnsupportedOperationException")
    assert message == f"{row.never} in the embedded AWS, so the call is rejected."


def test_changed_resource_is_rejected_too(control_plane: ControlPlane) -> None:
    with aws_client("scheduler", control_plane.environment) as scheduler:
        rejected(lambda: scheduler.update_schedule(Name="people", **FIRING), "UnsupportedOperationException")


def sns(client: Any) -> None:
    topic = client.create_topic(Name="alarms")["TopicArn"]
    client.subscribe(TopicArn=topic, Protocol="email", Endpoint="operator@example.com")
    assert len(client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def s3(client: Any) -> None:
    bucket = f"people-{uuid.uuid4()}"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    client.put_object(Bucket=bucket, Key="notification", Body=b"<CloudFunction")
    assert client.get_object(Bucket=bucket, Key="notification")["Body"].read() == b"<CloudFunction"


def cloudwatch(client: Any) -> None:
    client.put_metric_alarm(
        AlarmName="people",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=1,
        MetricName="5xx",
        Namespace="AWS/ApiGateway",
        Period=60,
        Statistic="Sum",
        AlarmActions=[TOPIC],
    )


def events(client: Any) -> None:
    client.put_rule(Name="people", EventPattern=json.dumps({"source": [FUNCTION]}))


def lambda_(client: Any) -> None:
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize("works", [sns, s3, cloudwatch, events, lambda_])
def test_other_call_of_the_service_is_served(control_plane: ControlPlane, works: Callable[[Any], None]) -> None:
    with aws_client(works.__name__.rstrip("_"), control_plane.environment) as client:
        works(client)


def test_readme_lists_the_table() -> None:
    readme = (Path(__file__).parents[3] / "tools" / "local_aws" / "README.md").read_text(encoding="utf-8")
    assert {row.never for row in TABLE} <= set(re.findall(r"^\| ([^|]+) \|", readme, re.MULTILINE))
