"""Policies of roles that deploy: wildcards, denials, conditions and boundaries."""

from typing import Any

import pytest

from local_aws.iam.access import PolicyError
from local_aws.iam.policy import Need, matches, parse, permits

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-people"
ROLE = "arn:aws:iam::123456789012:role/shop-dev-people"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Sid": "One", "Effect": "Allow", "Action": list(actions), "Resource": resource} | more


def permitted(need: Need, *statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> bool:
    policy = parse("role", {"Version": "2012-10-17", "Statement": list(statements)})
    limit = None if boundary is None else parse("boundary", {"Version": "2012-10-17", "Statement": boundary})
    return permits([policy], limit, need)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("shop-*", "shop-dev", True),
        ("shop-?ev", "shop-dev", True),
        ("shop-?ev", "shop-deev", False),
        ("shop-*", "other-shop-dev", False),
        ("a.c", "abc", False),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("dynamodb:GetItem"), True),
        (allow("dynamodb:*"), True),
        (allow("DynamoDB:getitem"), True),
        (allow("dynamodb:PutItem"), False),
        (allow("dynamodb:GetItem", resource=TABLE), True),
        (allow("dynamodb:GetItem", resource=TABLE.replace("dev-people", "dev-*")), True),
        (allow("dynamodb:GetItem", resource=TABLE.replace("dev-people", "prod-*")), False),
    ],
)
def test_action_and_resource(statement: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert permitted(Need("dynamodb:GetItem", TABLE), statement) is expected


def test_denial_wins() -> None:
    need = Need("dynamodb:GetItem", TABLE)
    assert permitted(need, allow("dynamodb:*"), allow("dynamodb:GetItem", Effect="Deny")) is False
    assert permitted(need, allow("dynamodb:*"), allow("dynamodb:PutItem", Effect="Deny")) is True


def test_boundary_limits_but_does_not_grant() -> None:
    need = Need("dynamodb:GetItem", TABLE)
    assert permitted(need, allow("*"), boundary=allow("dynamodb:*")) is True
    assert permitted(need, allow("*"), boundary=allow("logs:*")) is False
    assert permitted(need, boundary=allow("dynamodb:*")) is False


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"iam:PermissionsBoundary": [BOUNDARY]}}, True),
        ({"StringEquals": {"iam:PermissionsBoundary": "another"}}, False),
        ({"StringLike": {"iam:PermissionsBoundary": ["*:policy/bound*"]}}, True),
        ({"ArnLike": {"iam:PermissionsBoundary": ["arn:aws:iam::*:policy/other"]}}, False),
        ({"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com"]}}, False),
        ({"Null": {"iam:PassedToService": "true"}}, True),
        ({"Null": {"iam:PermissionsBoundary": ["true"]}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        (
            {
                "StringEquals": {"iam:PermissionsBoundary": [BOUNDARY]},
                "Bool": {"aws:SecureTransport": "true"},
            },
            False,
        ),
    ],
    ids=str,
)
def test_every_condition_must_hold(condition: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    need = Need("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": BOUNDARY})
    assert permitted(need, allow("iam:CreateRole", Condition=condition)) is expected


@pytest.mark.parametrize(
    "statement",
    [
        allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        allow("*", resource="arn:aws:s3:::${aws:username}"),
        allow("*", Principal="*"),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    ],
    ids=str,
)
def test_unsupported_statement_is_rejected(statement: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"^role: "):
        parse("role", {"Version": "2012-10-17", "Statement": [statement]})


def test_policy_of_another_version_is_rejected() -> None:
    with pytest.raises(PolicyError, match="expected an object with Version"):
        parse("role", {"Version": "2008-10-17", "Statement": []})
