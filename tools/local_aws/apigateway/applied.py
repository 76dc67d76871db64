"""Reads the applied HTTP API from the control plane."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from local_aws.apigateway.cors import read_cors
from local_aws.apigateway.throttle import read_throttle
from local_aws.model.deployment import DEFAULT_STAGE, Api, Authorizer, DeploymentError, Route

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import (
        ApiTypeDef,
        GetAuthorizerResponseTypeDef,
        IntegrationTypeDef,
        RouteTypeDef,
        StageTypeDef,
    )


def every(client: "ApiGatewayV2Client", operation: str, key: str, **arguments: str) -> Iterator[Any]:
    """Yield the items of every page of an operation."""
    paginator: Any = client.get_paginator(operation)  # type: ignore[call-overload]
    for page in paginator.paginate(**arguments):
        yield from page[key]


def only_api(gateway: "ApiGatewayV2Client") -> "ApiTypeDef":
    """Return the HTTP API.

    Raises:
        DeploymentError: The account has no HTTP API, or more than one.
    """
    apis: list[ApiTypeDef] = [api for api in every(gateway, "get_apis", "Items") if api["ProtocolType"] == "HTTP"]
    if len(apis) != 1:
        names = ", ".join(sorted(api["Name"] for api in apis)) or "none"
        raise DeploymentError(f"exactly one HTTP API is served, found {len(apis)} ({names})")
    return apis[0]


def default_stage(gateway: "ApiGatewayV2Client", api_id: str) -> "StageTypeDef":
    """Return the stage `$default`.

    Raises:
        DeploymentError: The API has no such stage.
    """
    stages: list[StageTypeDef] = list(every(gateway, "get_stages", "Items", ApiId=api_id))
    stage = next((stage for stage in stages if stage["StageName"] == DEFAULT_STAGE), None)
    if stage is None:
        names = ", ".join(stage["StageName"] for stage in stages) or "none"
        raise DeploymentError(f"API {api_id} needs a stage {DEFAULT_STAGE}, found: {names}")
    return stage


def domains(gateway: "ApiGatewayV2Client", api_id: str) -> frozenset[str]:
    """Return the custom domains that are mapped to the API's default stage.

    Raises:
        DeploymentError: A domain is mapped below a path.
    """
    found: set[str] = set()
    for each in every(gateway, "get_domain_names", "Items"):
        domain = each["DomainName"]
        for mapping in gateway.get_api_mappings(DomainName=domain)["Items"]:
            if mapping["ApiId"] == api_id and mapping["Stage"] == DEFAULT_STAGE:
                if key := mapping.get("ApiMappingKey"):
                    raise DeploymentError(
                        f"{domain} is mapped below /{key}: only mappings of the whole domain are served"
                    )
                found.add(domain)
    return frozenset(found)


def read_authorizer(authorizer: "GetAuthorizerResponseTypeDef") -> Authorizer:
    """Return a JWT authorizer.

    Raises:
        DeploymentError: It reads the token from elsewhere than a header.
    """
    configuration = authorizer["JwtConfiguration"]
    [source] = authorizer["IdentitySource"]
    header = source.removeprefix("$request.header.")
    if header == source:
        raise DeploymentError(f"authorizer {authorizer['Name']}: only tokens in a header are read, found {source}")
    return Authorizer(configuration["Issuer"], tuple(configuration["Audience"]), header.lower())


def read_api(api: "ApiTypeDef", stage: "StageTypeDef", domains: frozenset[str]) -> Api:
    """Return the API as it is served."""
    access_log = stage.get("AccessLogSettings", {})
    return Api(
        id=api["ApiId"],
        stage_variables=dict(stage.get("StageVariables", {})),
        access_log_group=access_log.get("DestinationArn", "").removesuffix(":*").rpartition(":log-group:")[2] or None,
        access_log_format=access_log.get("Format") or None,
        cors=read_cors(api["CorsConfiguration"]) if api.get("CorsConfiguration") else None,
        domains=domains,
        default_endpoint=not api.get("DisableExecuteApiEndpoint"),
    )


def read_route(
    route: "RouteTypeDef",
    integrations: "Mapping[str, IntegrationTypeDef]",
    authorizers: Mapping[str, Authorizer],
    stage: "StageTypeDef",
) -> Route:
    """Return a route as it is served, before it is known whether its function permits it.

    Raises:
        DeploymentError: Its integration or its authorization is not supported.
    """
    key = route["RouteKey"]
    integration = integrations.get(route.get("Target", "").removeprefix("integrations/"))
    if integration is None:
        raise DeploymentError(f"route {key} has no integration")
    if route.get("AuthorizationType", "NONE") not in ("NONE", "JWT"):
        raise DeploymentError(f"route {key}: only JWT authorizers are served, found {route['AuthorizationType']}")
    kind, version = integration.get("IntegrationType"), integration.get("PayloadFormatVersion")
    if kind != "AWS_PROXY" or version != "2.0":
        raise DeploymentError(f"route {key}: only AWS_PROXY with payload 2.0 is served, found {kind} with {version}")
    # An invoke ARN wraps the function's: …:lambda:path/2015-03-31/functions/<function ARN>/invocations
    uri = integration.get("IntegrationUri", "")
    arn = uri.partition("/functions/")[2].removesuffix("/invocations") or uri
    settings = {**stage.get("DefaultRouteSettings", {}), **stage.get("RouteSettings", {}).get(key, {})}
    return Route(
        key=key,
        function_arn=arn,
        timeout=integration.get("TimeoutInMillis", 30_000) / 1000,
        throttle=read_throttle(settings),
        authorizer=authorizers[route["AuthorizerId"]] if route.get("AuthorizationType") == "JWT" else None,
        scopes=tuple(route.get("AuthorizationScopes", ())),
    )
