"""The import rules of docs/decisions/0001-layout.md, read from the code itself; Pants checks them as well."""

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.common.architecture.modules import KINDS, MODULES, ROOT, SERVICES, kind_of

STDLIB = sys.stdlib_module_names
TOOLS = {path.parent.name for path in ROOT.glob("tools/*/__init__.py")}


@functools.cache
def imports(path: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Return the import statements of a file, which several tests read."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports. `from a import b` is `a.b` if b is a module of this repository."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if is_module(submodule) else node.module


def named(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, with names of Powertools replaced by the module that defines them."""
    homes = {"Metrics": "metrics", "single_metric": "metrics", "Tracer": "tracing", "Logger": "logging"}
    for node in imports(path):
        if isinstance(node, ast.ImportFrom) and node.module == "aws_lambda_powertools":
            yield from (f"aws_lambda_powertools.{homes.get(alias.name, alias.name)}" for alias in node.names)
    yield from imported(path)


@functools.cache
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
        ("aws_lambda_powertools.tracing", "powertools_tracing"),
        ("aws_xray_sdk", "powertools_tracing"),
        ("opentelemetry", "otel"),
    ],
)
def test_telemetry_library_is_imported_by_one_module_or_package(library: str, owner: str) -> None:
    every = (*ROOT.glob("libs/common/**/*.py"), *MODULES)
    others = [path for path in every if owner not in (path.stem, path.parent.name)]
    for path in others:
        assert not [name for name in named(path) if name == library or name.startswith(f"{library}.")], path


def test_tools_import_neither_services_nor_common() -> None:
    for path in ROOT.glob("tools/**/*.py"):
        # These run the services: `make dev` and `make openapi`.
        if path != ROOT / "tools/local_aws/dev.py" and path.parent != ROOT / "tools/contract":
            assert not foreign(path, {*SERVICES, "common"}), path


def test_nothing_imports_tools_or_tests() -> None:
    for path in [*ROOT.glob("libs/**/*.py"), *MODULES]:
        assert not foreign(path, {*TOOLS, "tests"}), path


def test_commands_do_not_import_tests() -> None:
    for path in ROOT.glob("services/*/commands/*.py"):
        assert not foreign(path, {"tests"}), path


def test_only_logs_imports_the_powertools_logger() -> None:
    """This covers the logger, its formatter and its buffer."""
    named = {
        path.stem
        for path in [*ROOT.glob("libs/**/*.py"), *ROOT.glob("services/**/*.py")]
        for node in imports(path)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("aws_lambda_powertools")
        and any("Log" in alias.name or "logging" in str(node.module) for alias in node.names)
    }
    assert named == {"logs"}


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
        ("common.dynamodb.writes", False),
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


def test_release_hook_imports_only_the_standard_library_and_the_runtimes_boto3() -> None:
    paths = list(ROOT.glob("libs/release_hook/**/*.py"))
    assert paths
    for path in paths:
        assert {name.split(".")[0] for name in imported(path)} <= {*STDLIB, "boto3", "release_hook"}, path
