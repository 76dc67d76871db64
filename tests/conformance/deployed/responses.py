"""What each service of a deployment must respond, without a token and without writing anything."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2

from common.http.problems import MEDIA_TYPE
from common.http.protection import HEADERS
from tests.conformance.deployed.sending import Sender
from tests.conformance.deployed.target import Function, Target
from tests.conformance.found import profile
from tests.conformance.hostile.cases import CASES
from tests.conformance.hostile.judgement import LARGEST_ERROR
from tests.conformance.hostile.variants import Sample, Variant
from tests.support.profile import NO_ARGUMENTS

FOREIGN: Final = "https://verify-deployed.invalid"
# Hosts are left out because AWS serves only its own, and bodies because a read has none.
GROUPS: Final = ("headers", "methods", "paths", "queries")


def health(target: Target, sender: Sender) -> Iterator[str]:
    """Yield the services that are not healthy or not reached at their address."""
    for function in target.functions:
        response = sender.api.get(f"{function.address}/health")
        if response.status_code != 200:
            yield f"{function.address}/health responds {response.status_code}"
        elif (found := _object(response)).get("status") != "ok" or found.get("service") != function.service:
            yield f"{function.address}/health says {found}"


def documents(target: Target, sender: Sender) -> Iterator[str]:
    """Yield the services whose OpenAPI document is not served, and pages of the documentation that are missing."""
    listed = sender.api.get("/openapi.json")
    addresses = _object(listed) if listed.status_code == 200 else {}
    for function in target.functions:
        if function.service not in addresses:
            yield f"/openapi.json does not list {function.service}"
            continue
        document = _document(sender, function)
        if not document.get("openapi", "").startswith("3.") or not document.get("paths"):
            yield f"{function.address}/openapi.json is not an OpenAPI document"
        elif foreign := [path for path in document["paths"] if not path.startswith(function.address)]:
            yield f"{function.address}/openapi.json describes {foreign[0]}"
    for page in ("/", "/docs", "/redoc"):
        if (status := sender.api.get(page).status_code) != 200:
            yield f"{page} responds {status}"


def problems(target: Target, sender: Sender) -> Iterator[str]:
    """Yield the paths without an operation, and the operations without a token, that get no problem document."""
    for path in ("/nowhere", *(f"{function.address}/a/b/c" for function in target.functions)):
        yield from _wrong_problem(f"GET {path}", sender.api.get(path), {404})
    for function in target.functions:
        with_issuer = "ISSUER" in function.variables
        path = f"{function.address}/health"
        response = sender.api.delete(path)
        # With an issuer, `DELETE <address>/{id}` may be a route with an authorizer, which matches this path.
        if not (with_issuer and response.status_code == 401):
            yield from _wrong_problem(f"DELETE {path}", response, {405})
            if response.headers.get("allow") != "GET, HEAD, OPTIONS":
                yield f"DELETE {path} allows {response.headers.get('allow')}"
        wrong = _wrong_rejection if with_issuer else _wrong_problem
        for operation in profile(function.service).operations:
            if not operation.access.public and operation.method == "GET" and "{" not in operation.path:
                yield from wrong(f"GET {operation.path}", sender.api.get(operation.path), {401})


def protection(target: Target, sender: Sender) -> Iterator[str]:
    """Yield the headers that protect callers and are missing or different."""
    for function in target.functions:
        path = f"{function.address}/health"
        response = sender.api.get(path)
        expected: dict[str, str | None] = dict(HEADERS)
        seconds = int(function.variables.get("HSTS_SECONDS", "0"))
        expected["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains" if seconds else None
        for name, value in expected.items():
            if response.headers.get(name) != value:
                yield f"{path}: {name} is {response.headers.get(name)} instead of {value}"


def cors(target: Target, sender: Sender) -> Iterator[str]:
    """Yield the origins that may read responses although the API's configuration does not say so, or the reverse."""
    everyone = "*" in target.allowed_origins
    for function in target.functions:
        path = f"{function.address}/health"
        for origin in (FOREIGN, *(each for each in target.allowed_origins if "*" not in each)):
            headers = {"origin": origin}
            preflight = headers | {"access-control-request-method": "GET"}
            for response in (
                sender.api.get(path, headers=headers),
                sender.api.request("OPTIONS", path, headers=preflight),
            ):
                allowed = response.headers.get("access-control-allow-origin")
                may_read = allowed in {"*", origin}
                if may_read != (everyone or origin in target.allowed_origins):
                    yield f"{response.request.method} {path} from {origin}: the allowed origin is {allowed}"


def hostile(target: Target, sender: Sender) -> Iterator[str]:
    """Send the hostile cases that change nothing, and yield what is wrong with the responses."""
    for function in target.functions:
        document = _document(sender, function)
        [operation] = [
            each for each in profile(function.service).operations if each.path == f"{function.address}/health"
        ]
        sample = Sample(operation, document, {}, NO_ARGUMENTS, {}, 200)
        for variant in (
            variant for group in GROUPS for case in CASES[group] if case.wire for variant in sample.variants(case)
        ):
            yield from _wrong_response(variant, sender.send_raw(variant.request))


def _wrong_response(variant: Variant, response: httpx2.Response) -> Iterator[str]:
    """Yield what is wrong with a response: one of the function as declared, or an error of the client's by AWS."""
    status = response.status_code
    name = f"{variant.request.method} {variant}"
    if "x-request-id" not in response.headers:
        if status not in range(400, 500):
            yield f"{name}: AWS responds {status}"
        return
    if variant.statuses and status not in variant.statuses:
        yield f"{name}: {status} instead of {' or '.join(map(str, sorted(variant.statuses)))}"
    if status >= 400 and variant.request.method != "HEAD":
        yield from _wrong_problem(name, response, {status} - set(range(500, 600)))
    if len(response.content) > LARGEST_ERROR and status >= 400:
        yield f"{name}: the problem has {len(response.content)} bytes"


def _wrong_problem(name: str, response: httpx2.Response, statuses: set[int]) -> Iterator[str]:
    if response.status_code not in statuses:
        yield f"{name} responds {response.status_code} instead of {' or '.join(map(str, sorted(statuses)))}"
    elif response.headers.get("content-type") != MEDIA_TYPE:
        yield f"{name}: the content type is {response.headers.get('content-type')}"
    else:
        body = _object(response)
        if body.get("status") != response.status_code or body.get("request_id") != response.headers.get("x-request-id"):
            yield f"{name}: the problem says {body}"


def _wrong_rejection(name: str, response: httpx2.Response, statuses: set[int]) -> Iterator[str]:
    """Yield what is wrong with the response of API Gateway's authorizer to a request without a token."""
    if response.status_code not in statuses:
        yield f"{name} responds {response.status_code} instead of {' or '.join(map(str, sorted(statuses)))}"
    elif _object(response) != {"message": "Unauthorized"} or "www-authenticate" not in response.headers:
        yield f"{name}: the authorizer says {response.text}"


def _document(sender: Sender, function: Function) -> dict[str, Any]:
    return _object(sender.api.get(f"{function.address}/openapi.json").raise_for_status())


def _object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object of a response.

    Raises:
        ValueError: The response is something else, such as the page of another server.
    """
    try:
        found = response.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    content_type = response.headers.get("content-type")
    raise ValueError(f"{response.request.url.path} responds with {content_type} instead of a JSON object")
