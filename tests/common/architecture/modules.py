"""The modules of the services, and what each kind of them may import (docs/decisions/0001-layout.md)."""

from fnmatch import fnmatch
from pathlib import Path

from monorepo.services import services

ROOT = Path(__file__).parents[3]
SERVICES = [service.name for service in services()]

# The imports that each kind of module in a service may have besides the standard library. A file belongs to the first
# kind whose pattern matches its name. Any other file is a pure module of the domain.
KINDS: dict[str, set[str]] = {
    "settings": {"common.settings"},
    "*repository": {
        "common.dynamodb.client",
        "common.dynamodb.conditions",
        "common.dynamodb.idempotency",
        "common.dynamodb.items",
        "common.dynamodb.table",
        "common.dynamodb.writes",
        "common.idempotency",
        ".*repository",
        ".pure",
    },
    "*schemas": {
        "common.http.changes",
        "common.numbers",
        "common.text",
        "pydantic",
        "pydantic_core",
        ".*schemas",
        ".pure",
    },
    # An adapter of another library, or of a system other than DynamoDB.
    "*_adapter": {"*", ".pure", ".settings"},
    "dependencies": {
        "common.auth.authentication",
        "common.product",
        "common.runtime",
        "fastapi",
        ".*repository",
        ".*_adapter",
        ".pure",
        ".settings",
    },
    "policies": {
        "common.auth.authentication",
        "common.auth.policy",
        "common.auth.principal",
        "common.auth.recent_login",
        "common.http.openapi",
        "fastapi",
        ".dependencies",
        ".pure",
        ".settings",
    },
    "*routes": {
        "common.auth.authentication",
        "common.auth.keys",
        "common.auth.recent_login",
        "common.auth.tokens",
        "common.failures",
        "common.http.body",
        "common.http.idempotency",
        "common.http.openapi",
        "common.http.pagination",
        "common.http.preconditions",
        "common.http.protection",
        "common.http.router",
        "fastapi",
        ".*operations",
        ".dependencies",
        ".policies",
        ".pure",
        ".*schemas",
        ".*_adapter",
    },
    "*operations": {
        "common.auth.principal",
        "common.idempotency",
        "common.telemetry.logs",
        "common.telemetry.operations",
        ".pure",
    },
    "app": {"common.http.application", ".*routes"},
    "handler": {"common.lambda_handler", ".app", ".dependencies"},
    # idna's functions only compute.
    "pure": {"common.auth.principal", "common.failures", "common.idempotency", "idna", ".pure"},
}
MODULES = sorted(path for path in ROOT.glob("services/*/*.py") if path.stem != "__init__")


def kind_of(module: str) -> str:
    """Return the kind of a service's module by its file name."""
    return next((kind for kind in KINDS if fnmatch(module, kind)), "pure")
