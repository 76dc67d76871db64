from typing import Any

import pytest

from local_aws.data_plane.reader import read_deployment
from local_aws.model.deployment import DeploymentError
from tests.local_aws.data_plane.account import Account
from tests.local_aws.iam.roles import Role, trust


def error_of(account: Account) -> str:
    with pytest.raises(DeploymentError) as caught:
        read_deployment(account.environment)
    return str(caught.value)


def test_deployment_needs_exactly_one_http_api(account: Account) -> None:
    account.api("socket", "WEBSOCKET")
    assert error_of(account) == "exactly one HTTP API is served, found 0 (none)"
    account.api("one")
    account.api("two")
    assert error_of(account) == "exactly one HTTP API is served, found 2 (one, two)"


def test_api_needs_routes_and_a_default_stage(account: Account) -> None:
    api_id = account.api()
    assert error_of(account) == f"API {api_id} has no routes: has terraform apply finished?"
    account.route(api_id, "$default", account.function())
    assert error_of(account) == f"API {api_id} needs a stage $default, found: none"
    account.stage(api_id, "prod")
    assert error_of(account) == f"API {api_id} needs a stage $default, found: prod"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"PayloadFormatVersion": "1.0"}, "only AWS_PROXY with payload 2.0 is served, found AWS_PROXY with 1.0"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET"}, "found HTTP_PROXY with 2.0"),
    ],
)
def test_other_integrations_are_rejected(changes: dict[str, Any], text: str, account: Account) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(), **changes)
    account.stage(api_id)
    assert text in error_of(account)


def test_authorizers_other_than_jwt_in_a_header_are_rejected(account: Account) -> None:
    api_id, arn = account.api(), account.function()
    account.stage(api_id)
    account.route(api_id, "GET /me", arn, authorization={"AuthorizationType": "AWS_IAM"})
    assert error_of(account) == "route GET /me: only JWT authorizers are served, found AWS_IAM"
    authorizer = account.gateway.create_authorizer(
        ApiId=api_id,
        AuthorizerType="JWT",
        IdentitySource=["$request.querystring.token"],
        Name="issuer",
        JwtConfiguration={"Issuer": "https://issuer.example.com", "Audience": ["a"]},
    )["AuthorizerId"]
    account.route(api_id, "$default", arn, authorization={"AuthorizationType": "JWT", "AuthorizerId": authorizer})
    assert "only tokens in a header are read, found $request.querystring.token" in error_of(account)


def test_route_without_integration_is_rejected(account: Account) -> None:
    api_id = account.api()
    account.gateway.create_route(ApiId=api_id, RouteKey="GET /orders")
    account.stage(api_id)
    assert error_of(account) == "route GET /orders has no integration"


def test_calling_latest_is_rejected(account: Account) -> None:
    arn = account.function().removesuffix(":live")
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert "names neither an alias nor a version" in error_of(account)


def test_other_runtime_is_rejected(account: Account) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Runtime="python3.12"))
    account.stage(api_id)
    assert error_of(account) == "people has the runtime python3.12: only python3.13 is served"


def test_role_with_unsupported_policies_is_rejected(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.may({"*": ["dynamodb:*"]})
    with pytest.raises(DeploymentError, match=rf"role {role.name}, policy service, statement 0 .*dynamodb:\*"):
        read_deployment(account.environment)
    role.may({"*": ["dynamodb:GetItem"]})
    read_deployment(account.environment)


def test_role_that_lambda_may_not_assume_is_rejected(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust("ec2"))
    with pytest.raises(DeploymentError, match=rf"role {role.name}: lambda\.amazonaws\.com alone must be trusted"):
        read_deployment(account.environment)


def test_missing_role_is_rejected(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.iam.delete_role(RoleName=role.name)
    with pytest.raises(DeploymentError, match=f"the role {role.arn} does not exist"):
        read_deployment(account.environment)
