"""Both services in one process under uvicorn: no zips, no Terraform, reload on every change.

The only module of the tools that loads the services.
"""

import importlib
import json
import multiprocessing
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from local_aws.control_plane.server import ControlPlane
from local_aws.demo_data import load_demo_data

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

ROOT = Path(__file__).parents[2]
PREFIX = "bookshelf-dev"
DEFAULT_SERVICE = "users"
SECRET = f"{PREFIX}-jwt"


def serve(port: int) -> None:
    """Serve on loopback until Ctrl-C, on an empty control plane with tables, demo data and a secret of its own."""
    with ControlPlane() as control_plane, environment(control_plane.environment | function_variables()):
        client: DynamoDBClient = boto3.client("dynamodb")
        for service in services():
            make_table(client, service)
        load_demo_data(client, {service: table_name(service) for service in services()})
        make_secret(boto3.client("secretsmanager"))
        print(f"Bookshelf is served from source on http://127.0.0.1:{port} (documentation: /docs). Ctrl-C ends it.")
        uvicorn.run(
            "local_aws.dev:application",
            factory=True,
            host="127.0.0.1",
            port=port,
            reload=True,
            reload_dirs=[str(ROOT / "libs"), str(ROOT / "services")],
            lifespan="off",
            log_level="warning",
        )


def application() -> ASGIApp:
    """Return all services as one application; a path that names none goes to the default service.

    Runs in the child that uvicorn starts again on every change, and ends that child with its parent.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    apps: dict[str, ASGIApp] = {}
    for service in services():
        with environment({"TABLE_NAME": table_name(service)}):
            importlib.import_module(f"{service}.dependencies").connect()
        apps[service] = importlib.import_module(f"{service}.app").app

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        first, _, _ = scope["path"].removeprefix("/api/v1/").removeprefix("/").partition("/")
        await apps.get(first, apps[DEFAULT_SERVICE])(scope, receive, send)

    return dispatch


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def services() -> list[str]:
    """Return the names of the services in this repository."""
    return sorted(path.parent.name for path in ROOT.glob("services/*/app.py"))


def table_name(service: str) -> str:
    """Return the name of a service's table."""
    return f"{PREFIX}-{service}"


def make_table(client: "DynamoDBClient", service: str) -> None:
    """Make a service's table as its `table.json` says."""
    schema = json.loads((ROOT / "services" / service / "table.json").read_text())
    expiry = schema.pop("TimeToLiveSpecification", None)
    client.create_table(
        TableName=table_name(service),
        BillingMode="PAY_PER_REQUEST",
        **{name: value for name, value in schema.items() if value},
    )
    if expiry:
        client.update_time_to_live(TableName=table_name(service), TimeToLiveSpecification=expiry)


def make_secret(client: "SecretsManagerClient") -> None:
    """Make the secret by which tokens are signed, with a value that nobody knows."""
    client.create_secret(Name=SECRET, SecretString=json.dumps({"jwt_secret": secrets.token_hex(32)}))


def function_variables() -> dict[str, str]:
    """Return what Terraform would write into the functions' environment, for one process that is all of them."""
    return {
        "ENVIRONMENT": "dev",
        "JWT_AUDIENCE": f"{PREFIX}-api",
        "JWT_ISSUER": PREFIX,
        "JWT_SECRET_ID": SECRET,
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "Bookshelf/dev",
        "POWERTOOLS_SERVICE_NAME": "bookshelf",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "PUBLIC_USER_READ": "true",
        "SERVICES": json.dumps({service: f"/api/v1/{service}" for service in services()}),
    }


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of this process while the block runs."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
