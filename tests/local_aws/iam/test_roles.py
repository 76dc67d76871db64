"""Reading roles from IAM: everything that affects a role's permissions is read."""

import json

import pytest

from local_aws.iam.access import Grant, PolicyError
from local_aws.iam.roles import read_role
from tests.local_aws.iam.roles import Role, policy


def test_grants_of_all_inline_policies_are_read(role: Role) -> None:
    role.may({"*": ["dynamodb:DescribeLimits"]})
    more = policy({"*": ["dynamodb:ListTables"]})
    role.iam.put_role_policy(RoleName=role.name, PolicyName="more", PolicyDocument=more)
    access = read_role(role.iam, role.arn)
    assert access.role == role.name
    assert sorted(access.granted) == [Grant("dynamodb:DescribeLimits", "*"), Grant("dynamodb:ListTables", "*")]


def attach(role: Role) -> str:
    document = policy({"*": ["dynamodb:GetItem"]})
    arn: str = role.iam.create_policy(PolicyName=role.name, PolicyDocument=document)["Policy"]["Arn"]
    role.iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)
    return f"managed policies are not evaluated here, found {arn}"


def test_attached_policy_is_rejected(role: Role) -> None:
    expected = attach(role)
    with pytest.raises(PolicyError) as raised:
        read_role(role.iam, role.arn)
    assert str(raised.value) == f"role {role.name}: {expected}"


def test_boundary_limits_what_the_policies_allow(role: Role) -> None:
    role.may({"*": ["dynamodb:ListTables"]})
    [grant] = read_role(role.iam, role.arn).granted
    for action, allowed in (("*", True), ("sqs:*", False)):
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = role.iam.create_policy(PolicyName=f"at-most-{action[0]}", PolicyDocument=document)["Policy"]["Arn"]
        role.iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=arn)
        assert read_role(role.iam, role.arn).allows(grant.action, grant.resource) is allowed


def test_missing_boundary_is_rejected(role: Role) -> None:
    arn = "arn:aws:iam::123456789012:policy/boundary"
    role.iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=arn)
    with pytest.raises(PolicyError, match=f"role {role.name}: its boundary {arn} does not exist"):
        read_role(role.iam, role.arn)


def test_role_with_another_path_is_another_role(role: Role) -> None:
    arn = role.arn.replace(":role/", ":role/services/")
    with pytest.raises(PolicyError, match=f"the role {arn} does not exist, only {role.arn}"):
        read_role(role.iam, arn)
