"""Reads the applied deployment from the control plane."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from local_aws.apigateway.cors import read_cors
from local_aws.apigateway.throttle import read_throttle
from local_aws.awslambda.permission import permits, source_arn
from local_aws.clients.operator_client import operator_client
from local_aws.iam.access import PolicyError
from local_aws.iam.roles import read_role
from local_aws.model.deployment import (
    DEFAULT_STAGE,
    Api,
    Archive,
    Deployment,
    DeploymentError,
    Function,
    Logging,
    Route,
)
from local_aws.model.function_reference import LATEST

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import ApiTypeDef, IntegrationTypeDef, RouteTypeDef, StageTypeDef
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

RUNTIME = "python3.13"


def read_deployment(environment: Mapping[str, str]) -> Deployment:
    """Return the deployment on the control plane that `environment` (its AWS_* variables) names.

    Raises:
        DeploymentError: There is not exactly one HTTP API, a part of it is not supported, or a function's role has
            policies that are not supported.
    """
    clients = _clients(*sorted(environment.items()))
    deployment = _deployment(clients.gateway, clients.functions)
    _check_roles(clients.iam, {function.role for function in deployment.functions.values()})
    return deployment


def read_function(environment: Mapping[str, str], arn: str) -> Function:
    """Return one function, by an ARN with an alias, a version or `$LATEST`.

    Raises:
        DeploymentError: It or its role is not supported.
    """
    clients = _clients(*sorted(environment.items()))
    function = _function(clients.functions, arn)
    _check_roles(clients.iam, {function.role})
    return function


class _Clients(NamedTuple):
    gateway: "ApiGatewayV2Client"
    functions: "LambdaClient"
    iam: "IAMClient"


@lru_cache(maxsize=1)
def _clients(*environment: tuple[str, str]) -> _Clients:
    """Return the clients, made once for all deployments."""
    settings = dict(environment)
    return _Clients(*(operator_client(service, settings) for service in ("apigatewayv2", "lambda", "iam")))


def _deployment(gateway: "ApiGatewayV2Client", lambda_: "LambdaClient") -> Deployment:
    api = _only_api(gateway)
    api_id = api["ApiId"]
    found: list[RouteTypeDef] = list(_every(gateway, "get_routes", "Items", ApiId=api_id))
    if not found:
        raise DeploymentError(f"API {api_id} has no routes: has terraform apply finished?")
    stage = _stage(gateway, api_id)
    integrations: dict[str, IntegrationTypeDef] = {
        integration["IntegrationId"]: integration
        for integration in _every(gateway, "get_integrations", "Items", ApiId=api_id)
    }
    routes = [_route(route, integrations, stage) for route in found]
    functions = {arn: _function(lambda_, arn) for arn in sorted({route.function_arn for route in routes})}
    policies = {arn: _policy(lambda_, arn) for arn in functions}
    return Deployment(
        api=_api(api, stage),
        routes=tuple(_with_permission(route, functions, policies, api_id) for route in routes),
        functions=functions,
    )


def _check_roles(iam: "IAMClient", arns: Iterable[str]) -> None:
    for arn in sorted(arns):
        try:
            read_role(iam, arn)
        except PolicyError as error:
            raise DeploymentError(str(error)) from error


def _every(client: "ApiGatewayV2Client", operation: str, key: str, **arguments: str) -> Iterator[Any]:
    paginator: Any = client.get_paginator(operation)  # type: ignore[call-overload]
    for page in paginator.paginate(**arguments):
        yield from page[key]


def _only_api(gateway: "ApiGatewayV2Client") -> "ApiTypeDef":
    apis: list[ApiTypeDef] = [api for api in _every(gateway, "get_apis", "Items") if api["ProtocolType"] == "HTTP"]
    if len(apis) != 1:
        names = ", ".join(sorted(api["Name"] for api in apis)) or "none"
        raise DeploymentError(f"exactly one HTTP API is served, found {len(apis)} ({names})")
    return apis[0]


def _stage(gateway: "ApiGatewayV2Client", api_id: str) -> "StageTypeDef":
    stages: list[StageTypeDef] = list(_every(gateway, "get_stages", "Items", ApiId=api_id))
    stage = next((stage for stage in stages if stage["StageName"] == DEFAULT_STAGE), None)
    if stage is None:
        names = ", ".join(stage["StageName"] for stage in stages) or "none"
        raise DeploymentError(f"API {api_id} needs a stage {DEFAULT_STAGE}, found: {names}")
    return stage


def _api(api: "ApiTypeDef", stage: "StageTypeDef") -> Api:
    access_log = stage.get("AccessLogSettings", {})
    return Api(
        id=api["ApiId"],
        stage_variables=dict(stage.get("StageVariables", {})),
        access_log_group=access_log.get("DestinationArn", "").removesuffix(":*").rpartition(":log-group:")[2] or None,
        access_log_format=access_log.get("Format") or None,
        cors=read_cors(api["CorsConfiguration"]) if api.get("CorsConfiguration") else None,
    )


def _route(route: "RouteTypeDef", integrations: "Mapping[str, IntegrationTypeDef]", stage: "StageTypeDef") -> Route:
    key = route["RouteKey"]
    integration = integrations.get(route.get("Target", "").removeprefix("integrations/"))
    if integration is None:
        raise DeploymentError(f"route {key} has no integration")
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
    )


def _with_permission(
    route: Route, functions: Mapping[str, Function], policies: Mapping[str, str | None], api_id: str
) -> Route:
    policy, function = policies[route.function_arn], functions[route.function_arn]
    source = source_arn(function.region, function.account, api_id, DEFAULT_STAGE, route.key)
    return replace(route, permitted=policy is not None and permits(policy, function.arn, source))


def _policy(lambda_: "LambdaClient", arn: str) -> str | None:
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    try:
        return lambda_.get_policy(FunctionName=name, Qualifier=qualifier)["Policy"]
    except lambda_.exceptions.ResourceNotFoundException:
        return None


def _function(lambda_: "LambdaClient", arn: str) -> Function:
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    if not qualifier:
        raise DeploymentError(f"{arn} names neither an alias nor a version: the API would call $LATEST")
    version = qualifier
    if not qualifier.isdecimal() and qualifier != LATEST:
        version = lambda_.get_alias(FunctionName=name, Name=qualifier)["FunctionVersion"]
    answer = lambda_.get_function(FunctionName=name, Qualifier=version)
    configuration = answer["Configuration"]
    if configuration.get("Runtime") != RUNTIME:
        raise DeploymentError(f"{name} has the runtime {configuration.get('Runtime')}: only {RUNTIME} is served")
    logging = configuration.get("LoggingConfig", {})
    return Function(
        name=name,
        version=version,
        arn=arn,
        role=configuration["Role"],
        runtime=configuration["Runtime"],
        handler=configuration["Handler"],
        timeout=configuration["Timeout"],
        memory=configuration["MemorySize"],
        code=Archive(_hexadecimal(configuration["CodeSha256"]), answer["Code"]["Location"]),
        layers=tuple(_layer(lambda_, layer["Arn"]) for layer in configuration.get("Layers", [])),
        logging=Logging(
            group=logging.get("LogGroup", f"/aws/lambda/{name}"),
            format=logging.get("LogFormat", "Text"),
            application_level=logging.get("ApplicationLogLevel", "INFO"),
            system_level=logging.get("SystemLogLevel", "INFO"),
        ),
        variables=dict(configuration.get("Environment", {}).get("Variables", {})),
        active_tracing=configuration.get("TracingConfig", {}).get("Mode") == "Active",
        ephemeral_storage=configuration.get("EphemeralStorage", {}).get("Size", 512),
        reserved_concurrency=lambda_.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
    )


def _layer(lambda_: "LambdaClient", arn: str) -> Archive:
    content = lambda_.get_layer_version_by_arn(Arn=arn)["Content"]
    return Archive(_hexadecimal(content["CodeSha256"]), content["Location"])


def _hexadecimal(sha256: str) -> str:
    return base64.b64decode(sha256).hex()
