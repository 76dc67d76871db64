import json
from typing import Any

import pytest

from local_aws.awslambda.permission import permits, source_arn

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:people:live"
API = "arn:aws:execute-api:eu-central-1:123456789012:abc123"
SOURCE = f"{API}/$default/*/people/{{proxy+}}"


def a_statement(**changes: Any) -> dict[str, Any]:
    return {
        "Sid": "http-api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": f"{API}/*/*"}},
    } | changes


def permitted(*statements: dict[str, Any], source: str = SOURCE) -> bool:
    return permits(json.dumps({"Version": "2012-10-17", "Statement": statements}), ARN, source)


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("$default", f"{API}/$default/$default"),
        ("ANY /people/{proxy+}", SOURCE),
        ("GET /", f"{API}/$default/GET/"),
    ],
)
def test_route_calls_with_its_own_arn(key: str, source: str) -> None:
    assert source_arn("eu-central-1", "123456789012", "abc123", "$default", key) == source


def test_documented_permission_allows_the_call() -> None:
    default = f"{API}/$default/$default"
    assert permitted(a_statement(Condition={"ArnLike": {"AWS:SourceArn": default}}), source=default)
    assert permitted(a_statement())
    assert permitted(a_statement(Condition={"StringEquals": {"AWS:SourceAccount": "123456789012"}}))
    assert permitted(a_statement(Principal="*", Condition={}))


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Principal": {"AWS": "*"}},
        {"Action": "lambda:GetFunction"},
        {"Resource": ARN.removesuffix(":live")},
        {"Resource": ARN.replace("live", "test")},
        {"Condition": {"ArnLike": {"AWS:SourceArn": f"{API}/*/GET/people"}}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": f"{API[:-1]}4/*/*"}}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": "*"}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": "210987654321"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": f"{API}/*/*", "aws:PrincipalOrgID": "o-1"}}},
    ],
)
def test_other_policies_do_not_allow_the_call(changes: dict[str, Any]) -> None:
    assert not permitted(a_statement(**changes))


def test_one_allowing_statement_is_enough() -> None:
    assert permitted(a_statement(Resource="other"), a_statement())
    assert not permitted()
