"""Reading roles from IAM: everything that affects a role's permissions is read."""

from collections.abc import Callable

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


def bound(role: Role) -> str:
    arn = "arn:aws:iam::123456789012:policy/boundary"
    role.iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=arn)
    return f"permissions boundaries are not evaluated here, found {arn}"


@pytest.mark.parametrize("change", [attach, bound])
def test_unsupported_policy_is_rejected(role: Role, change: Callable[[Role], str]) -> None:
    expected = change(role)
    with pytest.raises(PolicyError) as raised:
        read_role(role.iam, role.arn)
    assert str(raised.value) == f"role {role.name}: {expected}"


def test_role_with_another_path_is_another_role(role: Role) -> None:
    arn = role.arn.replace(":role/", ":role/services/")
    with pytest.raises(PolicyError, match=f"the role {arn} does not exist, only {role.arn}"):
        read_role(role.iam, arn)
