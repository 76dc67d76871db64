"""Every service has a profile, and every profile has exactly the rows of its service."""

import importlib

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from common.http import documentation
from tests.conformance.found import CASES, DESCRIBED, ROWS, SERVICES, Row, has_profile, profile, service_file
from tests.support.profile import OTHER, OWNER


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_a_profile(service: str) -> None:
    assert has_profile(service), f"write tests/{service}/profile.py: the conformance suite checks services by it"


@pytest.mark.parametrize("service", DESCRIBED)
def test_rows_are_the_operations_of_the_openapi_document(service: str) -> None:
    paths = importlib.import_module(f"{service}.app").app.openapi()["paths"]
    documented = {(method, path) for path, item in paths.items() for method in item}
    rows = {operation.key for operation in profile(service).operations}
    assert documented - rows == set(), f"operations without a row in tests/{service}/profile.py"
    assert rows - documented == set(), f"rows of tests/{service}/profile.py without an operation"


@pytest.mark.parametrize("service", DESCRIBED)
def test_routes_outside_the_openapi_document_serve_documented_operations(service: str) -> None:
    app = importlib.import_module(f"{service}.app").app
    paths = app.openapi()["paths"]
    routes = [route for route in iter_route_contexts(app.routes) if route.path != app.openapi_url]
    checked = {
        route.endpoint
        for route in routes
        if isinstance(route.original_route, APIRoute)
        and route.include_in_schema
        and all(method.lower() in paths.get(route.path_format, {}) for method in route.methods or ())
    }
    # The default service gets these routes when its handler starts.
    checked |= {route.endpoint for route in iter_route_contexts(documentation.router.routes)}
    hidden = [
        f"{'/'.join(sorted(route.methods or ()))} {route.path}" for route in routes if route.endpoint not in checked
    ]
    assert not hidden, f"no row checks these routes, because OpenAPI does not show them: {', '.join(hidden)}"


@pytest.mark.parametrize("service", DESCRIBED)
def test_rows_of_an_operation_differ_in_their_environment(service: str) -> None:
    rows = [str((operation.key, operation.environment)) for operation in profile(service).operations]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("service", DESCRIBED)
def test_roles_are_the_common_ones_and_one_for_each_scope(service: str) -> None:
    roles = profile(service).roles
    assert {OWNER, OTHER} <= roles.keys()
    for scope in service_file(service).scopes:
        assert scope in roles, f"{scope}: the profile has no role of this name"
        assert roles[scope].scopes == (scope,)


@pytest.mark.parametrize("service", DESCRIBED)
def test_rows_require_only_scopes_of_the_service(service: str) -> None:
    required = {scope for operation in profile(service).operations if (scope := operation.access.scope)}
    scopes = set(service_file(service).scopes)
    assert required - scopes == set(), f"services/{service}/service.yaml: scopes lacks what rows require"
    assert scopes - required == set(), f"services/{service}/service.yaml: no row requires these scopes"


def test_cases_have_different_names() -> None:
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", DESCRIBED)
def test_first_case_of_each_row_succeeds(service: str) -> None:
    for operation in profile(service).operations:
        assert operation.cases, operation
        assert operation.cases[0].status < 400, operation


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_problems_of_a_row_are_shown_by_its_cases(row: Row) -> None:
    declared = {code for codes in row.operation.problems.values() for code in codes}
    shown = {case.problem for case in row.operation.cases}
    assert declared - shown == set(), "add a case with this problem"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row_has_requests_in_the_soak_or_the_reason_why_not(row: Row) -> None:
    operation = row.operation
    assert operation.soak or operation.not_soaked, "add a SoakRequest to `soak`, or the reason to `not_soaked`"
    assert not (operation.soak and operation.not_soaked), "`not_soaked` is set, but `soak` is not empty"
    assert all(request.weight > 0 for request in operation.soak), "a request with the weight 0 is never sent"
