"""A role's policies: the forms that our modules write are evaluated, others are rejected."""

from typing import Any

import pytest

from local_aws.iam.access import Grant, PolicyError, RoleAccess, check_trust, parse_access

ACCOUNT = "eu-central-1:123456789012"
TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table/shop-dev-people"
SECRET = f"arn:aws:secretsmanager:{ACCOUNT}:secret:shop-dev-people-key-AbCdEf"
LOGS = f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/shop-dev-people"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


def statement(**changes: Any) -> dict[str, Any]:
    made = {"Sid": "TablePeople", "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [TABLE]}
    return {key: value for key, value in (made | changes).items() if value is not None}


WRITE_OWN_LOGS = statement(
    Sid="WriteOwnLogs", Action=["logs:CreateLogStream", "logs:PutLogEvents"], Resource=[f"{LOGS}:*"]
)
SEND_TRACES = statement(Sid="SendTraces", Action=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], Resource=["*"])
DECRYPT_DATA = statement(
    Sid="DecryptData",
    Action=["kms:Decrypt"],
    Resource=["arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    Condition={"StringEquals": {"kms:ViaService": ["dynamodb.eu-central-1.amazonaws.com"]}},
)


def parsed(*statements: Any, **more: Any) -> RoleAccess:
    return parse_access("shop-dev-people", {"service": {"Version": "2012-10-17", "Statement": [*statements]}}, **more)


def test_grants_are_separate_from_platform_permissions() -> None:
    access = parsed(
        WRITE_OWN_LOGS,
        SEND_TRACES,
        statement(Action=["dynamodb:GetItem", "dynamodb:PutItem"]),
        statement(Sid="Secret", Action=["secretsmanager:GetSecretValue"], Resource=[SECRET]),
    )
    assert access.granted == (
        Grant("dynamodb:GetItem", TABLE),
        Grant("dynamodb:PutItem", TABLE),
        Grant("secretsmanager:GetSecretValue", SECRET),
    )
    assert access.platform == (
        Grant("logs:CreateLogStream", f"{LOGS}:*"),
        Grant("logs:PutLogEvents", f"{LOGS}:*"),
        Grant("xray:PutTelemetryRecords", "*"),
        Grant("xray:PutTraceSegments", "*"),
    )


def test_decryption_by_aws_services_is_a_platform_permission() -> None:
    access = parsed(statement(), DECRYPT_DATA)
    assert access.granted == (Grant("dynamodb:GetItem", TABLE),)
    assert access.platform == (Grant("kms:Decrypt", DECRYPT_DATA["Resource"][0]),)


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("dynamodb:GetItem", TABLE, True),
        ("dynamodb:PutItem", TABLE, False),
        ("dynamodb:GetItem", f"{TABLE}/index/by_email", False),
        ("dynamodb:GetItem", f"{TABLE}2", False),
        ("dynamodb:GetItem", "*", False),
        ("logs:PutLogEvents", f"{LOGS}:log-stream:2026/11/21/[1]abc", True),
        ("logs:PutLogEvents", LOGS, False),
        ("logs:PutLogEvents", f"{LOGS}-2:log-stream:a", False),
        ("logs:DeleteLogStream", f"{LOGS}:log-stream:a", False),
        ("xray:PutTraceSegments", "*", True),
        ("xray:GetTraceSummaries", "*", False),
    ],
)
def test_action_is_allowed_on_the_resources_of_its_statement(action: str, resource: str, allowed: bool) -> None:  # noqa: FBT001
    assert parsed(WRITE_OWN_LOGS, SEND_TRACES, statement()).allows(action, resource) is allowed


def test_role_without_policies_has_no_permissions() -> None:
    assert parse_access("shop-dev-people", {}).allows("dynamodb:GetItem", TABLE) is False


@pytest.mark.parametrize(
    "changes",
    [
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Principal": "*"},
        {"Sid": None},
        {"Effect": "Deny"},
        {"Action": None, "NotAction": ["dynamodb:GetItem"]},
        {"Action": "dynamodb:GetItem"},
        {"Action": []},
        {"Action": ["dynamodb:*"]},
        {"Action": ["dynamodb:Get*"]},
        {"Action": ["*"]},
        {"Action": ["dynamodb:getitem"]},
        {"Action": [7]},
        {"Resource": None, "NotResource": [TABLE]},
        {"Resource": TABLE},
        {"Resource": []},
        {"Resource": [f"{TABLE}*"]},
        {"Resource": ["arn:aws:dynamodb:*:*:table/people"]},
        {"Resource": ["arn:aws:dynamodb:eu-central-1:123456789012:*"]},
        {"Resource": ["arn:aws:dynamodb:eu-central-1:123456789012:table/use?s"]},
        {"Resource": ["arn:aws:dynamodb:eu-central-1:123456789012:table/${aws:username}"]},
        {"Resource": ["table/people"]},
        {"Sid": "WriteOwnLogs"},
        {"Sid": "WriteOwnLogs", "Action": WRITE_OWN_LOGS["Action"], "Resource": ["*"]},
        {"Sid": "WriteOwnLogs", "Action": WRITE_OWN_LOGS["Action"], "Resource": [f"{LOGS}:*", f"{LOGS}2:*"]},
        DECRYPT_DATA | {"Condition": {}},
        DECRYPT_DATA | {"Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}}},
        DECRYPT_DATA | {"Condition": {**DECRYPT_DATA["Condition"], "Bool": {"aws:SecureTransport": "true"}}},
        DECRYPT_DATA | {"Action": ["kms:Decrypt", "kms:Encrypt"]},
        DECRYPT_DATA | {"Resource": ["*"]},
        {"Sid": "SendTraces", "Action": [*SEND_TRACES["Action"], "xray:GetTraceSummaries"], "Resource": ["*"]},
    ],
    ids=str,
)
def test_unsupported_statement_is_rejected_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"^role shop-dev-people, policy service, statement 1\b"):
        parsed(SEND_TRACES, statement(**changes))


@pytest.mark.parametrize(
    "document",
    [
        {"Version": "2008-10-17", "Statement": [statement()]},
        {"Statement": [statement()]},
        {"Version": "2012-10-17", "Statement": statement()},
        {"Version": "2012-10-17", "Id": "mine", "Statement": [statement()]},
        [],
    ],
    ids=str,
)
def test_unsupported_document_is_rejected_by_name(document: Any) -> None:
    with pytest.raises(PolicyError, match=r"^role shop-dev-people, policy service: expected"):
        parse_access("shop-dev-people", {"service": document})


def test_managed_policies_are_rejected() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    with pytest.raises(PolicyError, match=f"role shop-dev-people: managed policies .* {arn}"):
        parsed(statement(), attached=[arn])


def test_only_lambda_may_be_trusted() -> None:
    check_trust("shop-dev-people", TRUST)
    with pytest.raises(PolicyError, match=r"role shop-dev-people: lambda\.amazonaws\.com alone"):
        check_trust("shop-dev-people", {})
    everybody = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}
    with pytest.raises(PolicyError, match=r"lambda\.amazonaws\.com alone"):
        check_trust("shop-dev-people", TRUST | {"Statement": [*TRUST["Statement"], everybody]})
