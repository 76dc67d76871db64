"""Judges a response to a hostile request by the OpenAPI document and by what the request left behind."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

from common.http.problems import MEDIA_TYPE
from common.http.sentences import OTHER
from common.product import PRODUCT
from tests.conformance.hostile.variants import Variant
from tests.conformance.in_process.service_under_test import Exchange

LARGEST_ERROR: Final = 16 * 1024
CPU_SECONDS: Final = 1.0
# Where no operation matches. The size of a body is checked before the path.
UNMATCHED: Final = frozenset({404, 405, 413})
# Says nothing, or is pydantic's message: its words for Python's types, and regular expressions.
UNCLEAR: Final = re.compile(
    rf"{re.escape(OTHER)}|Input should|Value error|[Dd]ictionary|instance|\(\?|\[\^?\w-\w|\\[dpsw]|\^.*\$"
)


class Judge:
    """Knows which responses the operations of one OpenAPI document may send.

    Args:
        document: The OpenAPI document.
        over_http: Whether responses to HEAD have lost their body. The function sends that of GET, which API Gateway
            measures and drops: https://github.com/DataBiosphere/azul/issues/6514
    """

    def __init__(self, document: Mapping[str, Any], *, over_http: bool = False) -> None:
        self.document = document
        self._over_http = over_http

    def mistakes(self, variant: Variant, exchange: Exchange, seconds: float) -> Iterator[str]:
        """Yield what is wrong with a response.

        Args:
            variant: The request.
            exchange: The response, and what the request left behind.
            seconds: CPU time of the request.
        """
        response, method = exchange.response, variant.request.method
        lines = [line for line in exchange.lines if line["message"] == "request"]
        if len(lines) != 1:
            yield f"{len(lines)} access lines, status {response.status_code}"
            return
        [line] = lines
        status = response.status_code
        if seconds > CPU_SECONDS:
            yield f"{seconds:.1f} s of CPU"
        if any(each["level"] not in {"INFO", "WARNING"} for each in exchange.lines):
            yield f"an error is logged: {[each['message'] for each in exchange.lines]}"
        operation = self._operation(method, line["route"])
        allowed = self._statuses(method, operation)
        if status not in allowed:
            yield f"{status} is not declared: {sorted(allowed)}"
        if variant.statuses and status not in variant.statuses:
            yield f"{status} instead of {' or '.join(map(str, sorted(variant.statuses)))}"
        yield from _wrong_response(exchange)
        if method == "HEAD" and self._over_http:
            yield from ["HEAD has a body"] if response.body else []
        elif status >= 400:
            yield from self._wrong_problem(exchange, operation, line)
        elif response.body:
            yield from self._against_schema(exchange, operation)
        yield from _wrong_telemetry(method, exchange, line)

    def _operation(self, method: str, route: str) -> Mapping[str, Any] | None:
        item: Mapping[str, Any] = self.document["paths"].get(route, {})
        return item.get("get" if method == "HEAD" else method.lower()) if method.isupper() else None

    def _statuses(self, method: str, operation: Mapping[str, Any] | None) -> frozenset[int]:
        if operation is not None:
            return frozenset(map(int, operation["responses"]))
        return UNMATCHED | {204} if method == "OPTIONS" else UNMATCHED

    def _wrong_problem(
        self, exchange: Exchange, operation: Mapping[str, Any] | None, line: Mapping[str, Any]
    ) -> Iterator[str]:
        response = exchange.response
        if len(response.body.encode()) > LARGEST_ERROR:
            yield f"the problem has {len(response.body.encode())} bytes"
        if response.headers.get("content-type") != MEDIA_TYPE:
            yield f"the problem's content type is {response.headers.get('content-type')}"
            return
        problem = response.json()
        schema = {"$ref": "#/components/schemas/Problem"}
        declared = self._declared(operation, response.status_code)
        if declared is not None:
            schema = declared["content"][MEDIA_TYPE]["schema"]
            types = [each["value"]["type"] for each in declared["content"][MEDIA_TYPE].get("examples", {}).values()]
            if problem.get("type") not in types:
                yield f"{problem.get('type')} is not declared for {response.status_code}"
        yield from (f"the problem: {error.message[:200]}" for error in self._validator(schema).iter_errors(problem))
        yield from (f"the problem says {detail!r}" for detail in _details(problem) if UNCLEAR.search(detail))
        if problem.get("status") != response.status_code:
            yield f"the problem says {problem.get('status')}, the response {response.status_code}"
        if problem.get("request_id") != response.headers.get("x-request-id"):
            yield f"the problem's id is {problem.get('request_id')}, the response's {response.headers}"
        code = problem.get("type", "").removeprefix(f"tag:{PRODUCT.problem_authority}:")
        if line.get("problem", "about:blank") != code:
            yield f"the access line says {line.get('problem')}, the problem {code}"

    def _against_schema(self, exchange: Exchange, operation: Mapping[str, Any] | None) -> Iterator[str]:
        declared = self._declared(operation, exchange.response.status_code)
        content_type = exchange.response.headers.get("content-type", "")
        if declared is None or content_type not in declared.get("content", {}):
            return
        errors = self._validator(declared["content"][content_type]["schema"]).iter_errors(exchange.response.json())
        yield from (f"the response: {error.message[:200]}" for error in errors)

    def _declared(self, operation: Mapping[str, Any] | None, status: int) -> Mapping[str, Any] | None:
        found = ({} if operation is None else operation["responses"]).get(str(status))
        while found is not None and "$ref" in found:
            found = self.document["components"]["responses"][found["$ref"].rpartition("/")[2]]
        return found

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        return self._made(json.dumps(schema, sort_keys=True))

    @functools.cache  # noqa: B019 - as long as the tests of the service run
    def _made(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator({**json.loads(schema), "components": self.document["components"]})


def _details(problem: Mapping[str, Any]) -> list[str]:
    return [problem.get("detail", ""), *(error["detail"] for error in problem.get("errors", ()))]


def _wrong_response(exchange: Exchange) -> Iterator[str]:
    """Check what API Gateway, or the client, would reject."""
    response = exchange.response
    try:
        response.body.encode()
    except UnicodeEncodeError:
        yield "the body is not UTF-8"
    for name, value in response.headers.items():
        if not value.isascii() or not value.isprintable():
            yield f"the header {name} is {value!r}"
    if response.headers.get("x-request-id") is None:
        yield "X-Request-Id is missing"
    if response.status_code in {204, 304} and (response.body or "content-type" in response.headers):
        yield f"a {response.status_code} has a body or a content type"


def _wrong_telemetry(method: str, exchange: Exchange, line: Mapping[str, Any]) -> Iterator[str]:
    """Check that the access line and the metrics agree with the response."""
    status = exchange.response.status_code
    if (line["method"], line["status"], line["request_id"]) != (
        method,
        status,
        exchange.response.headers.get("x-request-id"),
    ):
        yield f"the access line says {line['method']}, {line['status']}, {line['request_id']}; the response is {status}"
    counted = {
        (blob.dimensions["route"], name): values
        for blob in exchange.metrics
        if "route" in blob.dimensions
        for name, (_, values) in blob.metrics.items()
    }
    kind = {4: {(line["route"], "4xx")}, 5: {(line["route"], "5xx")}}.get(status // 100, set())
    if counted.keys() != {(line["route"], "Latency")} | kind or any(len(values) != 1 for values in counted.values()):
        yield f"metrics of a {status}: {counted}"
