"""The import rules of docs/decisions/0001-layout.md, read from the code itself; Pants checks them as well."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from common.http.openapi import DECLARED
from monorepo.environment import own_variables
from monorepo.services import Service, services
from tests.common import protected_routes

ROOT = Path(__file__).parents[2]
SERVICES = [service.name for service in services()]
STDLIB = sys.stdlib_module_names

# The imports that each kind of module in a service may have besides the standard library. A file belongs to the first
# kind whose pattern matches its name. Any other file is a pure module of the domain.
KINDS: dict[str, set[str]] = {
    "settings": {"common.settings"},
    "*repository": {
        "boto3.dynamodb.conditions",
        "common.dynamodb.client",
        "common.dynamodb.items",
        "common.dynamodb.table",
        ".*repository",
        ".pure",
    },
    "schemas": {"pydantic", ".pure"},
    # An adapter of another library, or of a system other than DynamoDB.
    "*_adapter": {"*", ".pure", ".settings"},
    "dependencies": {
        "common.auth.authentication",
        "common.dynamodb.table",
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
        "common.http.openapi",
        "fastapi",
        ".dependencies",
        ".pure",
        ".settings",
    },
    "*routes": {
        "common.auth.authentication",
        "common.auth.keys",
        "common.auth.tokens",
        "common.failures",
        "common.http.openapi",
        "common.http.pagination",
        "common.http.preconditions",
        "fastapi",
        ".*operations",
        ".dependencies",
        ".policies",
        ".pure",
        ".schemas",
        ".*_adapter",
    },
    "*operations": {"common.auth.principal", "common.telemetry.logs", "common.telemetry.operations", ".pure"},
    "app": {"common.http.application", ".*routes"},
    "handler": {"common.lambda_handler", ".app", ".dependencies"},
    "pure": {"common.auth.principal", "common.failures", ".pure"},
}
MODULES = sorted(path for path in ROOT.glob("services/*/*.py") if path.stem != "__init__")


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports. `from a import b` is `a.b` if b is a module of this repository."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if is_module(submodule) else node.module


def named(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, with names of Powertools replaced by the module that defines them."""
    homes = {"Metrics": "metrics", "single_metric": "metrics", "Tracer": "tracing", "Logger": "logging"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "aws_lambda_powertools":
            yield from (f"aws_lambda_powertools.{homes.get(alias.name, alias.name)}" for alias in node.names)
    yield from imported(path)


def is_module(name: str) -> bool:
    relative = Path(*name.split(".")).with_suffix(".py")
    return any((ROOT / folder / relative).is_file() for folder in ("libs", "services", "tools"))


def foreign(path: Path, packages: set[str]) -> set[str]:
    return {name for name in imported(path) if name.split(".")[0] in packages}


def test_services_are_found() -> None:
    assert SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_imports_another(service: str) -> None:
    for path in ROOT.glob(f"services/{service}/**/*.py"):
        assert not foreign(path, set(SERVICES) - {service}), path


def test_common_imports_no_service() -> None:
    for path in ROOT.glob("libs/common/**/*.py"):
        assert not foreign(path, set(SERVICES)), path


@pytest.mark.parametrize(
    ("library", "owner"),
    [
        ("aws_lambda_powertools.metrics", "metrics"),
        ("aws_lambda_powertools.tracing", "traces"),
        ("aws_xray_sdk", "traces"),
        ("opentelemetry", "traces"),
    ],
)
def test_telemetry_library_is_imported_by_one_module(library: str, owner: str) -> None:
    others = [path for path in (*ROOT.glob("libs/common/**/*.py"), *MODULES) if path.stem != owner]
    for path in others:
        assert not [name for name in named(path) if name == library or name.startswith(f"{library}.")], path


def test_tools_import_neither_services_nor_common() -> None:
    for path in ROOT.glob("tools/**/*.py"):
        if path != ROOT / "tools/local_aws/dev.py":
            assert not foreign(path, {*SERVICES, "common"}), path


def test_nothing_imports_tools_or_tests() -> None:
    for path in [*ROOT.glob("libs/**/*.py"), *MODULES]:
        assert not foreign(path, {"local_aws", "monorepo", "tests"}), path


def test_commands_do_not_import_tests() -> None:
    for path in ROOT.glob("services/*/commands/*.py"):
        assert not foreign(path, {"tests"}), path


def test_only_logs_imports_the_powertools_logger() -> None:
    """This covers the logger, its formatter and its buffer."""
    named = {
        path.stem
        for path in [*ROOT.glob("libs/**/*.py"), *ROOT.glob("services/**/*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("aws_lambda_powertools")
        and any("Log" in alias.name or "logging" in str(node.module) for alias in node.names)
    }
    assert named == {"logs"}


def kind_of(module: str) -> str:
    """Return the kind of a service's module by its file name."""
    return next((kind for kind in KINDS if fnmatch(module, kind)), "pure")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_module_imports_only_what_its_layer_allows(path: Path) -> None:
    allowed = KINDS[kind_of(path.stem)]
    used = {name for name in imported(path) if name.split(".")[0] not in STDLIB}
    assert {name for name in used if not within(name, path.parent.name, allowed)} == set()


def within(name: str, service: str, allowed: set[str]) -> bool:
    package, _, module = name.partition(".")
    if package == service:
        return not module.startswith("commands.") and f".{kind_of(module)}" in allowed
    return "*" in allowed or any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)


def functions_of(kind: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every public top-level function of the modules of a kind, with the name of its module."""
    for path in (path for path in MODULES if kind_of(path.stem) == kind):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield f"{path.parent.name}.{path.stem}", node


def spans(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the spans that a function declares."""
    found = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    return [ast.literal_eval(call.args[0]) for call in found if ast.unparse(call.func) == "operation"]


def test_operation_has_one_span_unless_it_gets_one_entity() -> None:
    seen = []
    for module, function in functions_of("*operations"):
        if spans(function) or not function.name.startswith("get_"):
            assert len(spans(function)) == 1, f"{module}.{function.name}"
            seen += spans(function)
    assert seen
    assert len(seen) == len(set(seen))
    # https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html allows more.
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z_]+", name) for name in seen)


def calls_of(function: ast.AST) -> Iterator[str]:
    return (ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call))


def repository_parameters(module: str, route: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names of a route's parameters that are repositories."""
    dependencies = (ROOT / "services" / module.partition(".")[0] / "dependencies.py").read_text()
    repositories = set(re.findall(r"^(\w+) = Annotated\[\w+Repository,", dependencies, re.MULTILINE))
    assert repositories, dependencies
    parameters = [*route.args.args, *route.args.kwonlyargs]
    return {one.arg for one in parameters if one.annotation and ast.unparse(one.annotation) in repositories}


def test_route_calls_exactly_one_operation() -> None:
    for module, route in functions_of("*routes"):
        called = [name for name in calls_of(route) if re.fullmatch(r"([a-z_]+_)?operations\.\w+", name)]
        # A route may return what authenticating the caller has read.
        nothing_to_do = not repository_parameters(module, route)
        assert len(called) == 1 or (not called and nothing_to_do), f"{module}.{route.name} calls {called}"


def test_route_with_an_owner_policy_checks_the_owner() -> None:
    assert [name for name, _ in owner_policies(protected_routes.thing)] == ["permission"]
    for service in SERVICES:
        app = importlib.import_module(f"{service}.app").app
        routes = [context.original_route for context in iter_route_contexts(app.routes)]
        for route in (route for route in routes if isinstance(route, APIRoute)):
            for name, access in owner_policies(route.endpoint):
                used = {ast.unparse(node) for node in ast.walk(ast.parse(inspect.getsource(route.endpoint)))}
                assert used & {f"{name}.check_owner", f"{name}.required_owner"}, (
                    f"{service}: {route.endpoint.__name__} has a policy with an owner ({access}) but uses neither "
                    f"{name}.check_owner nor {name}.required_owner: pass one of them to the operation"
                )


def owner_policies(endpoint: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Yield name and policy of each parameter whose policy names an owner."""
    for name, parameter in inspect.signature(endpoint).parameters.items():
        for marker in getattr(parameter.annotation, "__metadata__", ()):
            declared = getattr(getattr(marker, "dependency", None), DECLARED, None)
            if declared and declared.access and not declared.access.startswith("Access: callers"):
                yield name, declared.access


def test_only_operations_call_repositories() -> None:
    for module, route in functions_of("*routes"):
        held = repository_parameters(module, route)
        called = [name for name in calls_of(route) if name.partition(".")[0] in held and "." in name]
        assert not called, f"{module}.{route.name} calls {called}"


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_the_required_modules(service: str) -> None:
    files = {"app", "dependencies", "domain", "domain_metrics", "handler", "operations", "repository", "routes"}
    files |= {"schemas", "settings"}
    assert files <= {path.stem for path in MODULES if path.parent.name == service}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("common.failures", True),
        ("common.auth.principal", True),
        ("common.telemetry.metrics", False),
        ("common.telemetry.traces", False),
        ("common.dynamodb.table", False),
        ("reviews.domain", True),
        ("reviews.accounts", True),
        ("reviews.login_repository", False),
        ("reviews.token_routes", False),
        ("reviews.commands.scopes", False),
        ("fastapi", False),
    ],
)
def test_pure_module_imports_only_failures_and_pure_modules(name: str, *, allowed: bool) -> None:
    assert within(name, "reviews", KINDS["pure"]) is allowed


@pytest.mark.parametrize("service", SERVICES)
def test_service_package_exports_nothing(service: str) -> None:
    body = ast.parse((ROOT / "services" / service / "__init__.py").read_text()).body
    assert all(isinstance(node, ast.Expr) for node in body)


@pytest.mark.parametrize("service", SERVICES)
def test_endpoints_and_dependencies_are_async(service: str) -> None:
    """A plain `def` runs in another thread: slower, and its AWS calls lose their trace (docs/decisions/0002)."""
    app = importlib.import_module(f"{service}.app").app
    routes = [route.original_route for route in iter_route_contexts(app.routes)]
    pending = [route.dependant for route in routes if isinstance(route, APIRoute)]
    assert pending
    while pending:
        dependant = pending.pop()
        # A security scheme is a callable object of FastAPI.
        called = dependant.call if inspect.isroutine(dependant.call) else type(dependant.call).__call__
        assert inspect.iscoroutinefunction(called), dependant.call
        pending += dependant.dependencies


# Runs in its own process, because a module is imported only once. It reports each read of the environment by code of
# this repository. Reads by a third-party module during its own import do not count.
PROBE = """
import importlib, json, os, sys
ROOT, MODULE = sys.argv[1:]
found = []

class Watched(dict):
    def __getitem__(self, key):
        self.note(key)
        return super().__getitem__(key)
    def get(self, key, default=None):
        self.note(key)
        return super().get(key, default)
    def note(self, key):
        if key.startswith((b"FASTAPI_", b"OTEL_", b"PYDANTIC_")):
            return  # options of the libraries, read whenever a class or an application is created
        frame = sys._getframe(1)
        while frame:
            place = frame.f_code.co_filename
            if place.startswith((ROOT + "/libs/", ROOT + "/services/")):
                found.append(f"{place}:{frame.f_lineno} reads {key!r}")
                return
            if place == "<frozen importlib._bootstrap>":
                return
            frame = frame.f_back

os.environ._data = Watched(os.environ._data)
import botocore.session
made = botocore.session.Session.create_client
def create_client(*arguments, **options):
    found.append(f"a client of {arguments[1]}")
    return made(*arguments, **options)
botocore.session.Session.create_client = create_client
importlib.import_module(MODULE)
print(json.dumps(found))
"""


def probe(module: str, **variables: str) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT), module],
        env={"PYTHONPATH": f"{ROOT}/libs:{ROOT}/services", **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    reads: list[str] = json.loads(finished.stdout.splitlines()[-1])
    return reads


@pytest.mark.parametrize("service", SERVICES)
def test_importing_an_app_reads_no_environment_and_creates_no_client(service: str) -> None:
    assert probe(f"{service}.app") == []


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_importing_a_handler_reads_the_environment_and_creates_clients(service: Service) -> None:
    reads = probe(
        f"{service.name}.handler",
        AWS_DEFAULT_REGION="eu-central-1",
        ENVIRONMENT="test",
        POWERTOOLS_SERVICE_NAME=service.name,
        POWERTOOLS_METRICS_NAMESPACE="Things/test",
        LOG_LEVEL="INFO",
        JWT_ISSUER="shop",
        JWT_AUDIENCE="shop-api",
        **own_variables(service, services(), "things-test"),
    )
    assert any("TABLE_NAME" in read for read in reads)
    clients = {"a client of dynamodb", *(["a client of secretsmanager"] if "jwt" in service.secrets else [])}
    assert clients <= set(reads)
