from pathlib import Path

import pytest

from local_aws.awslambda.archives import unpack
from local_aws.data_plane.reader import read_deployment
from local_aws.model.deployment import Api, Archive, Authorizer, Cors, DeploymentError, Logging, Route, Throttle
from tests.local_aws.data_plane.account import REGION, ROLE, Account, a_zip


def test_applied_deployment_is_read(account: Account, tmp_path: Path) -> None:
    layer = account.lambda_.publish_layer_version(LayerName="common", Content={"ZipFile": a_zip("python/a.py", "a")})
    arn = account.function(
        Layers=[layer["LayerVersionArn"]],
        Environment={"Variables": {"TABLE_NAME": "people"}},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "TRACE", "SystemLogLevel": "INFO"},
        TracingConfig={"Mode": "Active"},
    )
    plain = account.function("orders", caller="")
    api_id = account.api()
    account.route(
        api_id,
        "ANY /people/{proxy+}",
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
        TimeoutInMillis=5000,
    )
    account.route(api_id, "$default", plain)
    account.stage(
        api_id,
        StageVariables={"colour": "blue"},
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/apigateway/shop",
            "Format": "$context.requestId",
        },
    )

    deployment = read_deployment(account.environment)

    assert deployment.api == Api(api_id, "$default", {"colour": "blue"}, "/aws/apigateway/shop", "$context.requestId")
    assert set(deployment.routes) == {
        Route("ANY /people/{proxy+}", arn, 5.0),
        Route("$default", plain, permitted=False),
    }
    assert deployment.account == "123456789012"
    people, orders = deployment.functions[arn], deployment.functions[plain]
    assert (people.name, people.version, people.handler) == ("people", "1", "people.handler.handler")
    assert (people.timeout, people.memory, people.runtime) == (9, 512, "python3.13")
    assert people.role == ROLE
    assert people.region == REGION
    assert people.variables == {"TABLE_NAME": "people"}
    assert people.logging == Logging("/aws/lambda/people", "JSON", "TRACE", "INFO")
    assert (people.active_tracing, orders.active_tracing) == (True, False)
    assert orders.logging == Logging("/aws/lambda/orders")
    assert isinstance(people.code, Archive)
    assert (unpack([people.code], tmp_path) / "main.py").read_text(encoding="utf-8") == "people"
    assert (unpack(people.layers, tmp_path) / "python/a.py").read_text(encoding="utf-8") == "a"
    assert read_deployment(account.environment) == deployment


def test_cors_and_throttling_settings_are_read(account: Account) -> None:
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
    for key in ("GET /orders", "PUT /orders"):
        account.route(api_id, key, arn)
    account.stage(
        api_id,
        DefaultRouteSettings={"ThrottlingRateLimit": 50.5, "ThrottlingBurstLimit": 100},
        RouteSettings={"PUT /orders": {"ThrottlingRateLimit": 0.5}},
    )
    deployment = read_deployment(account.environment)
    assert deployment.api.cors == Cors(
        ("https://example.com",), ("GET", "PUT"), ("authorization",), ("etag",), allow_credentials=True, max_age=300
    )
    assert {route.key: route.throttle for route in deployment.routes} == {
        "GET /orders": Throttle(50.5, 100),
        "PUT /orders": Throttle(0.5, 100),
    }


def test_authorizers_domains_and_default_endpoint_are_read(account: Account) -> None:
    arn, name = account.function(), "api.example.com"
    api_id = account.api(DisableExecuteApiEndpoint=True)
    authorizer = account.gateway.create_authorizer(
        ApiId=api_id,
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        Name="issuer",
        JwtConfiguration={"Issuer": "https://issuer.example.com", "Audience": ["a", "b"]},
    )["AuthorizerId"]
    account.route(api_id, "$default", arn)
    account.route(
        api_id,
        "GET /me",
        arn,
        authorization={"AuthorizationType": "JWT", "AuthorizerId": authorizer, "AuthorizationScopes": ["s"]},
    )
    account.stage(api_id)
    account.gateway.create_domain_name(DomainName=name, DomainNameConfigurations=[{}])
    mapping = account.gateway.create_api_mapping(ApiId=api_id, DomainName=name, Stage="$default")["ApiMappingId"]
    deployment = read_deployment(account.environment)
    assert {route.key: (route.authorizer, route.scopes) for route in deployment.routes} == {
        "$default": (None, ()),
        "GET /me": (Authorizer("https://issuer.example.com", ("a", "b")), ("s",)),
    }
    assert (deployment.api.domains, deployment.api.default_endpoint) == (frozenset({name}), False)
    account.gateway.delete_api_mapping(ApiMappingId=mapping, DomainName=name)
    assert read_deployment(account.environment).api.domains == set()
    below = account.gateway.create_api_mapping(ApiId=api_id, DomainName=name, Stage="$default", ApiMappingKey="v1")
    with pytest.raises(DeploymentError, match="below /v1"):
        read_deployment(account.environment)
    account.gateway.delete_api_mapping(ApiMappingId=below["ApiMappingId"], DomainName=name)
    account.gateway.delete_domain_name(DomainName=name)


def test_permission_allows_only_its_routes(account: Account) -> None:
    arn = account.function(caller="*/*/people/*")
    api_id = account.api()
    for key in ("ANY /people/{proxy+}", "GET /people/{id}", "GET /orders", "$default"):
        account.route(api_id, key, arn)
    account.stage(api_id)
    permitted = {route.key for route in read_deployment(account.environment).routes if route.permitted}
    assert permitted == {"ANY /people/{proxy+}", "GET /people/{id}"}


def test_alias_determines_the_version(account: Account) -> None:
    arn = account.function()
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    account.lambda_.update_function_code(FunctionName="people", ZipFile=a_zip("main.py", "second"), Publish=True)
    before = read_deployment(account.environment).functions[arn]
    account.lambda_.update_alias(FunctionName="people", Name="live", FunctionVersion="2")
    after = read_deployment(account.environment).functions[arn]
    assert (before.version, after.version) == ("1", "2")
    assert before.code != after.code


def test_version_can_be_called_without_an_alias(account: Account) -> None:
    arn = account.function().removesuffix("live") + "1"
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert read_deployment(account.environment).functions[arn].version == "1"


def test_reserved_concurrency_is_read(account: Account) -> None:
    arn = account.function()
    account.lambda_.put_function_concurrency(FunctionName="people", ReservedConcurrentExecutions=3)
    api_id = account.api()
    account.route(api_id, "$default", arn)
    account.stage(api_id)
    assert read_deployment(account.environment).functions[arn].reserved_concurrency == 3
