"""Credentials of a role are new each time. A role that cannot be assumed has no credentials."""

import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.iam.access import PolicyError
from local_aws.iam.credentials import RoleCredentials
from tests.local_aws.iam.roles import ACCOUNT, Role, role_client, trust


def test_each_environment_gets_its_own_credentials(role: Role, control_plane: ControlPlane) -> None:
    source = RoleCredentials(control_plane.environment)
    one, other = source.assume(role.arn, "shop-dev-people"), source.assume(role.arn, "shop-dev-people")
    assert one.access_key_id.startswith("ASIA")
    assert one.access_key_id != other.access_key_id
    with role_client("sts", control_plane.environment, one) as sts:
        assert sts.get_caller_identity()["Arn"] == role.session_arn


def test_secrets_are_not_in_the_repr(role: Role) -> None:
    assert role.credentials.secret_access_key not in str(role.credentials)
    assert role.credentials.session_token not in str(role.credentials)


def test_missing_role_gives_no_credentials(control_plane: ControlPlane) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/missing"
    with pytest.raises(PolicyError, match=f"the role {arn} does not exist"):
        RoleCredentials(control_plane.environment).assume(arn, "shop-dev-people")


def test_role_that_does_not_trust_lambda_gives_no_credentials(role: Role, control_plane: ControlPlane) -> None:
    role.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust("ec2"))
    with pytest.raises(PolicyError, match=rf"role {role.name}: lambda\.amazonaws\.com alone must be trusted"):
        RoleCredentials(control_plane.environment).assume(role.arn, "shop-dev-people")
