import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws.applied import read_deployment
from local_aws.archives import unpack
from local_aws.control_plane import ControlPlane
from local_aws.cors import Cors
from local_aws.deployment import Api, DeploymentError, Logging, Route
from local_aws.throttle import Throttle
from tests.local_aws.roles import Role, make_role, trust
from tests.support.moto_servers import aws_client

REGION = "eu-west-1"  # The control plane is shared: this region is these tests' own.
ROLE = "arn:aws:iam::123456789012:role/data-plane-functions"


def a_zip(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr(name, text)
    return buffer.getvalue()


class Account:
    """Applies by hand what Terraform would, to one region of the control plane."""

    def __init__(self, environment: Mapping[str, str], gateway: Any, lambda_: Any) -> None:
        self.environment = environment
        self.gateway = gateway
        self.lambda_ = lambda_

    def function(self, name: str = "users", *, caller: str = "*/*", **changes: Any) -> str:
        """Create and publish a function with an alias that routes like `caller` may call; returns the alias' ARN."""
        configuration = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": ROLE,
            "Handler": f"{name}.handler.handler",
            "Code": {"ZipFile": a_zip("main.py", name)},
            "Timeout": 9,
            "MemorySize": 512,
        }
        version = self.lambda_.create_function(**configuration | changes, Publish=True)["Version"]
        arn: str = self.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)["AliasArn"]
        if caller:
            self.lambda_.add_permission(
                FunctionName=name,
                Qualifier="live",
                StatementId="http-api",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:{REGION}:123456789012:*/{caller}",
            )
        return arn

    def api(self, name: str = "bookshelf", protocol: str = "HTTP", **settings: Any) -> str:
        api_id: str = self.gateway.create_api(
            Name=name, ProtocolType=protocol, RouteSelectionExpression="$request.method $request.path", **settings
        )["ApiId"]
        return api_id

    def route(self, api_id: str, key: str, uri: str, **changes: Any) -> None:
        settings = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationUri": uri}
        integration = self.gateway.create_integration(ApiId=api_id, **settings | changes)["IntegrationId"]
        self.gateway.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}")

    def stage(self, api_id: str, name: str = "$default", **settings: Any) -> None:
        self.gateway.create_stage(ApiId=api_id, StageName=name, **settings)


@pytest.fixture(scope="module")
def function_role(control_plane: ControlPlane) -> None:
    with aws_client("iam", control_plane.environment) as iam:
        make_role(iam, ROLE.rpartition("/")[2])


@pytest.fixture
def account(control_plane: ControlPlane, function_role: None) -> Iterator[Account]:  # noqa: ARG001 - it must only be there
    environment = control_plane.environment | {"AWS_REGION": REGION}
    session = boto3.Session("testing", "testing", region_name=REGION)
    with ExitStack() as stack:
        gateway, lambda_ = (
            stack.enter_context(closing(session.client(service, endpoint_url=control_plane.endpoint)))
            for service in ("apigatewayv2", "lambda")
        )
        yield Account(environment, gateway, lambda_)
        for api in gateway.get_apis()["Items"]:
            gateway.delete_api(ApiId=api["ApiId"])
        for function in lambda_.list_functions()["Functions"]:
            lambda_.delete_function(FunctionName=function["FunctionName"])


def test_what_is_applied_is_read(account: Account, tmp_path: Path) -> None:
    layer = account.lambda_.publish_layer_version(LayerName="common", Content={"ZipFile": a_zip("python/a.py", "a")})
    arn = account.function(
        Layers=[layer["LayerVersionArn"]],
        Environment={"Variables": {"TABLE_NAME": "users"}},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "TRACE", "SystemLogLevel": "INFO"},
        TracingConfig={"Mode": "Active"},
    )
    plain = account.function("books", caller="")
    api_id = account.api()
    account.route(
        api_id,
        "ANY /users/{proxy+}",
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        TimeoutInMillis=5000,
    )
    account.route(api_id, "$default", plain)
    account.stage(
        api_id,
        StageVariables={"colour": "blue"},
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/apigateway/bookshelf",
            "Format": "$context.requestId",
        },
    )

    deployment = read_deployment(account.environment)

    assert deployment.api == Api(
        api_id, "$default", {"colour": "blue"}, "/aws/apigateway/bookshelf", "$context.requestId"
    )
    assert set(deployment.routes) == {Route("ANY /users/{proxy+}", arn, 5.0), Route("$default", plain, permitted=False)}
    assert deployment.account == "123456789012"
    users, books = deployment.functions[arn], deployment.functions[plain]
    assert (users.name, users.version, users.handler) == ("users", "1", "users.handler.handler")
    assert (users.timeout, users.memory, users.runtime) == (9, 512, "python3.13")
    assert users.role == ROLE
    assert users.region == REGION
    assert users.variables == {"TABLE_NAME": "users"}
    assert users.logging == Logging("/aws/lambda/users", "JSON", "TRACE", "INFO")
    assert (users.active_tracing, books.active_tracing) == (True, False)
    assert books.logging == Logging("/aws/lambda/books")
    assert (unpack([users.code], tmp_path) / "main.py").read_text(encoding="utf-8") == "users"
    assert (unpack(users.layers, tmp_path) / "python/a.py").read_text(encoding="utf-8") == "a"
    assert read_deployment(account.environment) == deployment


def test_the_cors_configuration_and_the_throttling_settings_are_read(account: Account) -> None:
    arn = account.function()
    api_id = account.api(
        CorsConfiguration={
            "AllowOrigins": ["https://example.com"],
            "AllowMethods": ["GET", "PUT"],
            "AllowHeaders": ["authorization"],
            "ExposeHeaders": ["etag"],
            "AllowCredentials": True,
            "MaxAge": 300,
        }
    )
    for key in ("GET /books", "PUT /books"):
        account.route(api_id, key, arn)
    account.stage(
        api_id,
        DefaultRouteSettings={"ThrottlingRateLimit": 50.5, "ThrottlingBurstLimit": 100},
        RouteSettings={"PUT /books": {"ThrottlingRateLimit": 0.5}},
    )
    deployment = read_deployment(account.environment)
    assert deployment.api.cors == Cors(
        ("https://example.com",), ("GET", "PUT"), ("authorization",), ("etag",), allow_credentials=True, max_age=300
    )
    assert {route.key: route.throttle for route in deployment.routes} == {
        "GET /books": Throttle(50.5, 100),
        "PUT /books": Throttle(0.5, 100),
    }


def test_a_permission_holds_for_the_routes_that_it_names(account: Account) -> None:
    arn = account.function(caller="*/*/users/*")
    api_id = account.api()
    for key in ("ANY /users/{proxy+}", "GET /users/{id}", "GET /books", "$default"):
        account.route(api_id, key, arn)
    account.stage(api_id)
    permitted = {route.key for route in read_deployment(account.environment).routes if route.permitted}
    assert permitted == {"ANY /users/{proxy+}", "GET /users/{id}"}


def test_the_alias_decides_on_the_version(account: Account) -> None:
    arn = account.function()
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    account.lambda_.update_function_code(FunctionName="users", ZipFile=a_zip("main.py", "second"), Publish=True)
    before = read_deployment(account.environment).functions[arn]
    account.lambda_.update_alias(FunctionName="users", Name="live", FunctionVersion="2")
    after = read_deployment(account.environment).functions[arn]
    assert (before.version, after.version) == ("1", "2")
    assert before.code != after.code


def test_a_version_can_be_called_without_an_alias(account: Account) -> None:
    arn = account.function().removesuffix("live") + "1"
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert read_deployment(account.environment).functions[arn].version == "1"


def test_reserved_concurrency_is_read(account: Account) -> None:
    arn = account.function()
    account.lambda_.put_function_concurrency(FunctionName="users", ReservedConcurrentExecutions=3)
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert read_deployment(account.environment).functions[arn].reserved_concurrency == 3


def refusal(account: Account) -> str:
    with pytest.raises(DeploymentError) as caught:
        read_deployment(account.environment)
    return str(caught.value)


def test_exactly_one_http_api_is_needed(account: Account) -> None:
    account.api("socket", "WEBSOCKET")
    assert refusal(account) == "exactly one HTTP API is served, found 0 (none)"
    account.api("one")
    account.api("two")
    assert refusal(account) == "exactly one HTTP API is served, found 2 (one, two)"


def test_an_api_needs_routes_and_a_default_stage(account: Account) -> None:
    api_id = account.api()
    assert refusal(account) == f"API {api_id} has no routes: has terraform apply finished?"
    account.route(api_id, "$default", account.function())
    assert refusal(account) == f"API {api_id} needs a stage $default, found: none"
    account.stage(api_id, "prod")
    assert refusal(account) == f"API {api_id} needs a stage $default, found: prod"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"PayloadFormatVersion": "1.0"}, "only AWS_PROXY with payload 2.0 is served, found AWS_PROXY with 1.0"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET"}, "found HTTP_PROXY with 2.0"),
    ],
)
def test_other_integrations_are_refused(changes: dict[str, str], text: str, account: Account) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(), **changes)
    account.stage(api_id)
    assert text in refusal(account)


def test_a_route_without_integration_is_refused(account: Account) -> None:
    api_id = account.api()
    account.gateway.create_route(ApiId=api_id, RouteKey="GET /books")
    account.stage(api_id)
    assert refusal(account) == "route GET /books has no integration"


def test_calling_latest_is_refused(account: Account) -> None:
    arn = account.function().removesuffix(":live")
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert "names neither an alias nor a version" in refusal(account)


def test_another_runtime_is_refused(account: Account) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Runtime="python3.12"))
    account.stage(api_id)
    assert refusal(account) == "users has the runtime python3.12: only python3.13 is served"


def test_a_role_whose_policies_cannot_be_evaluated_is_refused(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.may({"*": ["dynamodb:*"]})
    with pytest.raises(DeploymentError, match=rf"role {role.name}, policy service, statement 0 .*dynamodb:\*"):
        read_deployment(account.environment)
    role.may({"*": ["dynamodb:GetItem"]})
    read_deployment(account.environment)


def test_a_role_that_lambda_may_not_assume_is_refused(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust("ec2"))
    with pytest.raises(DeploymentError, match=rf"role {role.name}: lambda\.amazonaws\.com alone must be trusted"):
        read_deployment(account.environment)


def test_a_role_that_is_gone_is_refused(account: Account, role: Role) -> None:
    api_id = account.api()
    account.route(api_id, "$default", account.function(Role=role.arn))
    account.stage(api_id)
    role.iam.delete_role(RoleName=role.name)
    with pytest.raises(DeploymentError, match=f"there is no role {role.arn}"):
        read_deployment(account.environment)
