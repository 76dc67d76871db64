"""The roles of deployed functions, read from IAM."""

from typing import TYPE_CHECKING

from local_aws.iam.access import PolicyError, RoleAccess, check_trust, parse_access
from local_aws.iam.policy import limited, parse

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def read_trust(iam: "IAMClient", arn: str, service: str = "lambda.amazonaws.com") -> str | None:
    """Check that the role exists and that the service may assume it; return its permissions boundary's ARN.

    Raises:
        PolicyError: The role does not exist, or the service may not assume it.
    """
    name = arn.rpartition("/")[2]
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        raise PolicyError(f"the role {arn} does not exist") from None
    if role["Arn"] != arn:
        raise PolicyError(f"the role {arn} does not exist, only {role['Arn']}")
    check_trust(name, role["AssumeRolePolicyDocument"], service)
    return role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


def read_role(iam: "IAMClient", arn: str) -> RoleAccess:
    """Return the permissions of the role with this ARN.

    Raises:
        PolicyError: The role does not exist, Lambda may not assume it, or its policies are not supported.
    """
    boundary = read_trust(iam, arn)
    name = arn.rpartition("/")[2]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    policies = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    access = parse_access(name, policies, attached=[policy["PolicyArn"] for policy in attached])
    if boundary is None:
        return access
    try:
        version = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
    except iam.exceptions.NoSuchEntityException:
        raise PolicyError(f"role {name}: its boundary {boundary} does not exist") from None
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version)["PolicyVersion"]["Document"]
    return limited(access, parse(f"role {name}, boundary {boundary}", document))
