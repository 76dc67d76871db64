"""Reads the applied deployment from the control plane."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from local_aws.apigateway.applied import default_stage, domains, every, only_api, read_api, read_authorizer, read_route
from local_aws.awslambda.permission import permits, source_arn
from local_aws.clients.operator_client import operator_client
from local_aws.ecr.images import read_image
from local_aws.iam.access import PolicyError
from local_aws.iam.roles import read_role
from local_aws.model.deployment import (
    DEFAULT_STAGE,
    Archive,
    Deployment,
    DeploymentError,
    Function,
    Logging,
    Route,
    Shift,
)
from local_aws.model.function_reference import LATEST

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import (
        IntegrationTypeDef,
        RouteTypeDef,
    )
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

RUNTIME = "python3.13"


def read_deployment(environment: Mapping[str, str]) -> Deployment:
    """Return the deployment on the control plane that `environment` (its AWS_* variables) names.

    Raises:
        DeploymentError: There is not exactly one HTTP API, a part of it is not supported, or a function's role has
            policies that are not supported.
    """
    clients = _clients(*sorted(environment.items()))
    deployment = _deployment(clients)
    functions = [*deployment.functions.values(), *(shift.function for shift in deployment.shifts.values())]
    _check_roles(clients.iam, {function.role for function in functions})
    return deployment


def read_function(environment: Mapping[str, str], arn: str) -> Function:
    """Return one function, by an ARN with an alias, a version or `$LATEST`.

    Raises:
        DeploymentError: It or its role is not supported.
    """
    clients = _clients(*sorted(environment.items()))
    function = _function(clients, arn)
    _check_roles(clients.iam, {function.role})
    return function


class _Clients(NamedTuple):
    gateway: "ApiGatewayV2Client"
    functions: "LambdaClient"
    iam: "IAMClient"
    ecr: Any


@lru_cache(maxsize=1)
def _clients(*environment: tuple[str, str]) -> _Clients:
    """Return the clients, made once for all deployments."""
    settings = dict(environment)
    return _Clients(*(operator_client(service, settings) for service in ("apigatewayv2", "lambda", "iam", "ecr")))


def _deployment(clients: _Clients) -> Deployment:
    gateway = clients.gateway
    api = only_api(gateway)
    api_id = api["ApiId"]
    found: list[RouteTypeDef] = list(every(gateway, "get_routes", "Items", ApiId=api_id))
    if not found:
        raise DeploymentError(f"API {api_id} has no routes: has terraform apply finished?")
    stage = default_stage(gateway, api_id)
    integrations: dict[str, IntegrationTypeDef] = {
        integration["IntegrationId"]: integration
        for integration in every(gateway, "get_integrations", "Items", ApiId=api_id)
    }
    authorizers = {  # moto does not list them.
        each: read_authorizer(gateway.get_authorizer(ApiId=api_id, AuthorizerId=each))
        for each in {route["AuthorizerId"] for route in found if route.get("AuthorizerId")}
    }
    routes = [read_route(route, integrations, authorizers, stage) for route in found]
    functions = {arn: _function(clients, arn) for arn in sorted({route.function_arn for route in routes})}
    policies = {arn: _policy(clients.functions, arn) for arn in functions}
    return Deployment(
        api=read_api(api, stage, domains(gateway, api_id)),
        routes=tuple(_with_permission(route, functions, policies, api_id) for route in routes),
        functions=functions,
        shifts={arn: shift for arn in functions if (shift := _shift(clients, arn)) is not None},
    )


def _check_roles(iam: "IAMClient", arns: Iterable[str]) -> None:
    for arn in sorted(arns):
        try:
            read_role(iam, arn)
        except PolicyError as error:
            raise DeploymentError(str(error)) from error


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


def _shift(clients: _Clients, arn: str) -> Shift | None:
    """Return the second version of an alias: https://docs.aws.amazon.com/lambda/latest/api/API_AliasRoutingConfiguration.html."""
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    if not _is_alias(qualifier):
        return None
    weights = clients.functions.get_alias(FunctionName=name, Name=qualifier).get("RoutingConfig", {})
    for version, weight in weights.get("AdditionalVersionWeights", {}).items():
        return Shift(_function(clients, arn, version), weight)
    return None


def _is_alias(qualifier: str) -> bool:
    return not qualifier.isdecimal() and qualifier != LATEST


def _function(clients: _Clients, arn: str, version: str | None = None) -> Function:
    """Return the function with this ARN, in the version that it names unless another one is given."""
    lambda_ = clients.functions
    name, _, qualifier = arn.partition(":function:")[2].partition(":")
    if not qualifier:
        raise DeploymentError(f"{arn} names neither an alias nor a version: the API would call $LATEST")
    if version is None:
        version = qualifier
        if _is_alias(qualifier):
            version = lambda_.get_alias(FunctionName=name, Name=qualifier)["FunctionVersion"]
    answer = lambda_.get_function(FunctionName=name, Qualifier=version)
    configuration = answer["Configuration"]
    of_image = configuration.get("PackageType") == "Image"
    if not of_image and configuration.get("Runtime") != RUNTIME:
        raise DeploymentError(f"{name} has the runtime {configuration.get('Runtime')}: only {RUNTIME} is served")
    logging = configuration.get("LoggingConfig", {})
    return Function(
        name=name,
        version=version,
        arn=arn,
        role=configuration["Role"],
        runtime=RUNTIME,
        handler=_command(configuration) if of_image else configuration["Handler"],
        timeout=configuration["Timeout"],
        memory=configuration["MemorySize"],
        code=read_image(clients.ecr, answer["Code"]["ImageUri"])
        if of_image
        else Archive(_hexadecimal(configuration["CodeSha256"]), answer["Code"]["Location"]),
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
        snap_start=configuration.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
        provisioned_concurrency=_provisioned(lambda_, name, {qualifier, version}),
        reserved_concurrency=lambda_.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
    )


def _command(configuration: "FunctionConfigurationTypeDef") -> str:
    """Return the handler of an image's function, which AWS's base image takes from its command."""
    found = configuration.get("ImageConfigResponse", {}).get("ImageConfig", {}).get("Command", [])
    if len(found) != 1:
        raise DeploymentError(
            f"{configuration['FunctionName']}: ImageConfig.Command must be the handler, found {found}"
        )
    return found[0]


def _provisioned(lambda_: "LambdaClient", name: str, qualifiers: set[str]) -> int:
    """Return the provisioned concurrency of the alias or of the version that it points at."""
    configs = lambda_.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    return sum(
        config["RequestedProvisionedConcurrentExecutions"]
        for config in configs
        if config["FunctionArn"].rpartition(":")[2] in qualifiers
    )


def _layer(lambda_: "LambdaClient", arn: str) -> Archive:
    content = lambda_.get_layer_version_by_arn(Arn=arn)["Content"]
    return Archive(_hexadecimal(content["CodeSha256"]), content["Location"])


def _hexadecimal(sha256: str) -> str:
    return base64.b64decode(sha256).hex()
