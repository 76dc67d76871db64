"""Runs all services in one process under uvicorn, without zips or Terraform, and reloads on every change.

No other module of these tools imports the services.
"""

import importlib
import json
import multiprocessing
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from common import runtime
from common.settings import FunctionSettings
from local_aws.control_plane.server import ControlPlane
from local_aws.demo_data import load_demo_data
from local_aws.ports import refuse_taken
from local_aws.session import SessionError
from monorepo.environment import own_variables
from monorepo.product import product
from monorepo.services import ROOT, Service, ServiceFileError, services

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

ENVIRONMENT = "dev"
# Tells the child that serves where it does so.
ADDRESS = "LOCAL_AWS_DEV_ADDRESS"


def serve(port: int) -> None:
    """Serve on loopback until Ctrl-C, on an empty control plane with tables, demo data and secrets of its own.

    Raises:
        SessionError: A service.yaml is wrong, or the port is in use.
    """
    try:
        found = services()
    except ServiceFileError as error:
        raise SessionError(str(error)) from error
    refuse_taken(port)
    with ControlPlane() as control_plane, environment(control_plane.environment | function_variables()):
        client: DynamoDBClient = boto3.client("dynamodb")
        for service in found:
            make_table(client, service)
        load_demo_data(client, {table_name(service): service.folder / "demo.json" for service in found})
        make_secrets(boto3.client("secretsmanager"), found)
        os.environ[ADDRESS] = f"http://127.0.0.1:{port}"
        uvicorn.run(
            "local_aws.dev:application",
            factory=True,
            host="127.0.0.1",
            port=port,
            reload=True,
            reload_dirs=[str(ROOT / "libs"), str(ROOT / "services")],
            lifespan="off",
            log_level="warning",
            proxy_headers=False,  # A client's X-Forwarded-For must not replace the peer's address.
        )


def application() -> ASGIApp:
    """Return all services as one application; the default service gets every path that no service names.

    Runs in the child process that uvicorn restarts on every change, and ends it when its parent ends.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    found = services()
    apps: dict[str, ASGIApp] = {}
    for service in found:
        app = importlib.import_module(f"{service.name}.app").app
        connect = importlib.import_module(f"{service.name}.dependencies").connect
        variables = os.environ | own_variables(service, found, prefix())
        runtime.start(app, FunctionSettings.from_environment(variables), variables, connect)
        apps[service.name] = app
    print(
        f"{product().title} is served from source on {os.environ[ADDRESS]} (documentation: /docs). Ctrl-C ends it.",
        flush=True,
    )

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[owner_of(scope["path"], found).name](scope, receive, send)

    return dispatch


def owner_of(path: str, found: list[Service]) -> Service:
    """Return the service that a path is routed to: the one with the longest matching path."""
    routes = {prefix: service for service in found for prefix in service.paths}
    matching = [prefix for prefix in routes if path == prefix or path.startswith(f"{prefix}/")]
    if matching:
        return routes[max(matching, key=len)]
    return next(service for service in found if service.default)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def prefix() -> str:
    """Return the prefix of every resource's name."""
    return f"{product().name}-{ENVIRONMENT}"


def table_name(service: Service) -> str:
    """Return the name of a service's table."""
    return f"{prefix()}-{service.name}"


def make_table(client: "DynamoDBClient", service: Service) -> None:
    """Create a service's table from its `table.json`."""
    schema = json.loads((service.folder / "table.json").read_text())
    expiry = schema.pop("TimeToLiveSpecification", None)
    client.create_table(
        TableName=table_name(service),
        BillingMode="PAY_PER_REQUEST",
        **{name: value for name, value in schema.items() if value},
    )
    if expiry:
        client.update_time_to_live(TableName=table_name(service), TimeToLiveSpecification=expiry)


def make_secrets(client: "SecretsManagerClient", found: list[Service]) -> None:
    """Create the secrets that the services read, each with a random value."""
    for name in {secret for service in found for secret in service.secrets}:
        value = json.dumps({f"{name}_secret": secrets.token_hex(32)})
        client.create_secret(Name=f"{prefix()}-{name}", SecretString=value)


def function_variables() -> dict[str, str]:
    """Return the variables that Terraform sets for every function, for one process that runs all functions."""
    return {
        "ENVIRONMENT": ENVIRONMENT,
        "JWT_AUDIENCE": f"{prefix()}-api",
        "JWT_ISSUER": prefix(),
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": f"{product().title}/{ENVIRONMENT}",
        "POWERTOOLS_SERVICE_NAME": product().name,
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process while the block runs."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
