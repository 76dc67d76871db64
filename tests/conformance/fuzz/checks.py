"""Checks of schemathesis with the exceptions that have a reason.

schemathesis imports this module, because `schemathesis.toml` names it. All exceptions are here and in that file.
"""

import re
from typing import Any, Final

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    positive_data_acceptance,
    use_after_free,
)

from common.http.problems import MEDIA_TYPE, type_uri
from tests.conformance.found import DESCRIBED, profile

# By code: why a request that is valid by the document may be rejected with this problem.
EXPECTED: Final = {
    "invalid-cursor": "a cursor is opaque: only those that the API has issued are valid",
    "version-mismatch": "the document does not say which version a resource has",
}
# Details of problems, from the profiles: rules of a service that JSON Schema cannot express.
RULES: Final = tuple(re.compile(rule) for service in DESCRIBED for rule in profile(service).rules)

# Paths of resources that exist after their DELETE.
KEPT: Final = {path for service in DESCRIBED for path in profile(service).kept}


@schemathesis.check
def valid_request_is_accepted(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """Run `positive_data_acceptance`, but accept the expected problems."""
    if response.headers.get("content-type") == [MEDIA_TYPE] and _is_expected(response.json()):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def created_resource_is_found(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """Run `ensure_resource_availability`, but accept that a POST removed the resource, or that a part of it is absent.

    The original check takes only DELETE for a removal, and a path below that of a resource for the resource.
    """
    if not case.path.endswith("}"):
        return None
    ids = set(case.path_parameters.values())
    posted = (each for each in ctx.internals.find_all_cases() if each.method == "POST")
    if any(ids & set(each.path_parameters.values()) for each in posted if each.id != case.id):
        return None
    return ensure_resource_availability(ctx, response, case)


@schemathesis.check
def removed_resource_is_gone(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> bool | None:
    """Run `use_after_free`, but accept that a DELETE keeps some resources, which their profile names."""
    return None if case.path in KEPT else use_after_free(ctx, response, case)


def _is_expected(problem: dict[str, Any]) -> bool:
    if problem["type"] in map(type_uri, EXPECTED):
        return True
    details = [error["detail"] for error in problem.get("errors", ())] or [problem.get("detail", "")]
    return all(any(rule.search(detail) for rule in RULES) for detail in details)
