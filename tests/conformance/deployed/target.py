"""The deployment to verify, as AWS describes it. All settings of the connection are the AWS tools' own variables."""

from dataclasses import dataclass, field
from typing import Any

import boto3

from monorepo.product import product
from tests.conformance.found import SERVICES, service_file


class NotFoundError(Exception):
    """AWS has no such deployment."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A deployed function.

    Attributes:
        service: Whose it is.
        address: The path that leads to it.
        name: The function's.
        log_group: Where its lines are.
        traced: Whether Lambda traces it.
        variables: Its environment.
    """

    service: str
    address: str
    name: str
    log_group: str
    traced: bool
    variables: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A deployment.

    Attributes:
        prefix: The first parts of each resource's name.
        namespace: Of the services' metrics.
        api_id: Of API Gateway's API.
        base_url: Where the API is served.
        access_log_group: Where API Gateway's lines are.
        allowed_origins: Of the API's CORS configuration.
        functions: One for each service of this repository.
        session: Creates clients of AWS.
    """

    prefix: str
    namespace: str
    api_id: str
    base_url: str
    access_log_group: str
    allowed_origins: tuple[str, ...]
    functions: tuple[Function, ...]
    session: boto3.Session = field(repr=False)

    @classmethod
    def find(cls, environment: str, base_url: str | None, name: str | None = None) -> "Target":
        """Return the deployment of an environment.

        Args:
            environment: Terraform's variable `environment`.
            base_url: Where its API is served (None: API Gateway's own address).
            name: Terraform's variable `name` (None: that of product.json).

        Raises:
            NotFoundError: An API, a stage or a function is missing.
        """
        session = boto3.Session()
        # As terraform/services.tf builds them.
        prefix = f"{name or product().name}-{environment}"
        namespace = f"{name.capitalize() if name else product().title}/{environment}"
        gateway = session.client("apigatewayv2")
        pages = gateway.get_paginator("get_apis").paginate()
        found: list[Any] = [api for page in pages for api in page["Items"] if api["Name"] == prefix]
        if len(found) != 1:
            raise NotFoundError(
                f"There are {len(found)} APIs called {prefix} in {session.region_name}, instead of one."
            )
        api = found[0]
        stage = gateway.get_stage(ApiId=api["ApiId"], StageName="$default")
        return cls(
            prefix=prefix,
            namespace=namespace,
            api_id=api["ApiId"],
            base_url=(base_url or api["ApiEndpoint"]).rstrip("/"),
            access_log_group=stage["AccessLogSettings"]["DestinationArn"].split(":")[6],
            allowed_origins=tuple(api.get("CorsConfiguration", {}).get("AllowOrigins", ())),
            functions=tuple(_function(session, prefix, service) for service in SERVICES),
            session=session,
        )

    def aws(self, service: str) -> Any:
        """Return a client of an AWS service."""
        return self.session.client(service)


def _function(session: boto3.Session, prefix: str, service: str) -> Function:
    lambda_ = session.client("lambda")
    name = f"{prefix}-{service}"
    try:
        found = lambda_.get_function_configuration(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        raise NotFoundError(f"There is no function {name} in {session.region_name}.") from None
    return Function(
        service=service,
        address=service_file(service).paths[0],
        name=name,
        log_group=found.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}"),
        traced=found.get("TracingConfig", {}).get("Mode") == "Active",
        variables=dict(found.get("Environment", {}).get("Variables", {})),
    )
