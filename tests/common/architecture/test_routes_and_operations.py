"""What routes, operations and dependencies of every service have in common (docs/decisions/0022-operations.md)."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from common.http import documentation
from common.http.openapi import DECLARED
from common.http.router import Route
from tests.common import protected_routes
from tests.common.architecture.modules import MODULES, ROOT, SERVICES, kind_of


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


def test_route_that_takes_a_recent_login_checks_it() -> None:
    found = {f"{module}.{route.name}": route for module, route in functions_of("*routes")}
    [example] = ast.parse(inspect.getsource(protected_routes.delete_thing)).body
    assert isinstance(example, ast.AsyncFunctionDef)
    assert logins(example) == ["login"]
    for name, route in {**found, "an example": example}.items():
        for login in logins(route):
            assert f"{login}.check" in set(calls_of(route)), f"{name} takes a RecentLogin, but does not check it"


def logins(route: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names of the parameters that are recent logins."""
    parameters = [*route.args.args, *route.args.kwonlyargs]
    return [one.arg for one in parameters if one.annotation and ast.unparse(one.annotation) == "RecentLogin"]


def owner_policies(endpoint: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Yield name and policy of each parameter whose policy names an owner."""
    for name, parameter in inspect.signature(endpoint).parameters.items():
        for marker in getattr(parameter.annotation, "__metadata__", ()):
            declared = getattr(getattr(marker, "dependency", None), DECLARED, None)
            if declared and declared.access and not declared.access.startswith(("Access: callers", "Access: everyone")):
                yield name, declared.access


def test_only_operations_call_repositories() -> None:
    for module, route in functions_of("*routes"):
        held = repository_parameters(module, route)
        called = [name for name in calls_of(route) if name.partition(".")[0] in held and "." in name]
        assert not called, f"{module}.{route.name} calls {called}"


@pytest.mark.parametrize("service", SERVICES)
def test_routes_check_their_requests(service: str) -> None:
    """FastAPI's own routes accept any query parameter and bodies of any size."""
    app = importlib.import_module(f"{service}.app").app
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    # The pages of the documentation, which a test may have mounted, accept any query.
    own = [r for r in routes if isinstance(r, APIRoute) and r.endpoint.__module__ != documentation.__name__]
    assert own
    assert [route.path for route in own if not isinstance(route, Route)] == []


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
