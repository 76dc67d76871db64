"""Applies hostile cases to the requests of operations."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from common.http.body import FORM, JSON
from tests.conformance.hostile.cases import PLAIN, Case
from tests.conformance.wire import Request
from tests.support.profile import Operation, Sent

OF_BODIES: Final = frozenset({"content_types", "encodings", "forms"})
COMPRESS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"gzip": gzip.compress, "deflate": zlib.compress}


class Variant(NamedTuple):
    """A hostile request.

    Attributes:
        case: Where it is from.
        place: The field or parameter that is hostile, or an empty string.
        request: The request.
        statuses: The only ones that are right (empty: all that the operation declares).
    """

    case: Case
    place: str
    request: Request
    statuses: frozenset[int]

    def __str__(self) -> str:
        return f"{self.case.group}: {self.case.name}{' in ' * bool(self.place)}{self.place}"


@dataclass(frozen=True)
class Sample:
    """A valid request of an operation, and the places where values can be put.

    Attributes:
        operation: The operation.
        document: The OpenAPI document that describes it.
        parameters: Of the path.
        sent: The other arguments.
        authorization: The header of its sender.
        status: Of the response to the valid request (None: it may be another each time).
    """

    operation: Operation
    document: Mapping[str, Any]
    parameters: Mapping[str, object]
    sent: Sent
    authorization: Mapping[str, str]
    status: int | None

    def request(self) -> Request:
        """Return the valid request."""
        return self._request(self.parameters, self.sent.get("params", {}))

    def variants(self, case: Case) -> Iterator[Variant]:
        """Yield the requests of a case: none if it changes a body and the operation has none."""
        if case.group in OF_BODIES and "requestBody" not in self._described():
            return
        if case.value is None:
            yield Variant(case, "", self._changed(case), self.statuses(case))
            return
        text = _plain(case.value)
        for name in self._fields():
            yield Variant(case, f"field {name}", self._with_field(name, case.value), self.statuses(case, "field"))
        for parameter in self._described().get("parameters", ()):
            name, where, kind = parameter["name"], parameter["in"], _kind(parameter["schema"])
            if where == "path":
                request = self._request({**self.parameters, name: text}, {})
            elif where == "query":
                request = self._request(self.parameters, {**self.sent.get("params", {}), name: text})
            else:
                continue
            yield Variant(case, f"{where} parameter {name}", request, self.statuses(case, where, kind))

    def statuses(self, case: Case, *place: str) -> frozenset[int]:
        """Return the statuses that are right for a case; `place` is the kinds of the place that is hostile."""
        kinds = self.kinds() | set(place)
        found = [status for needed, right in case.statuses.items() if needed <= kinds for status in right]
        statuses = {self.status if status == PLAIN else int(status) for status in found}
        return frozenset() if None in statuses else frozenset(filter(None, statuses))

    def kinds(self) -> set[str]:
        """Return the words for operations like this one; a place is a `field`, or `path` or `query` and its type."""
        described = self._described()
        content = described.get("requestBody", {}).get("content", {})
        security = described.get("security", [])
        return {
            {JSON: "json", FORM: "form"}.get(next(iter(content), ""), "bodiless"),
            "private" if security and {} not in security else "public",
            "safe" if self.operation.method == "GET" else "unsafe",
            "versioned" if "412" in described["responses"] else "unversioned",
            "creating" if self.operation.method == "POST" and "201" in described["responses"] else "changing",
        }

    def _described(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["paths"][self.operation.path][self.operation.method.lower()]
        return found

    def _fields(self) -> list[str]:
        fields = dict.fromkeys([*self.sent.get("json", {}), *self.sent.get("data", {})])
        for content in self._described().get("requestBody", {}).get("content", {}).values():
            schema = content["schema"]
            while "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            fields |= dict.fromkeys(schema.get("properties", {}))
        return list(fields)

    def _request(self, parameters: Mapping[str, object], query: Mapping[str, object]) -> Request:
        encoded = {name: quote(str(value), safe="", errors="surrogatepass") for name, value in parameters.items()}
        target = self.operation.path.format(**encoded)
        return Request.of(self.operation.method, target, {**self.sent, "params": query}, self.authorization)

    def _with_field(self, name: str, value: str) -> Request:
        request = self.request()
        if "data" in self.sent:
            form = {**self.sent["data"], name: _plain(value)}
            return replace(request, body=urlencode(form, errors="surrogatepass").encode())
        texts = {each: json.dumps(given) for each, given in self.sent.get("json", {}).items()} | {name: value}
        members = (f"{json.dumps(each)}: {text}" for each, text in texts.items())
        return replace(request, body=f"{{{', '.join(members)}}}".encode())

    def _changed(self, case: Case) -> Request:
        request = self.request()
        path, _, query = request.target.partition("?")
        if case.path is not None:
            encoded = "/" + "".join(f"%{byte:02x}" for byte in path[1:].encode())
            path = case.path.replace("{path}", path).replace("{PATH}", path.upper()).replace("{encoded}", encoded)
        if case.query is not None:
            query = "&".join(filter(None, [query, case.query]))
        request = replace(request, target=f"{path}?{query}" if query else path, body=self._changed_body(case))
        if case.method is not None:
            request = replace(request, method=case.method)
        if case.form is not None:
            request = request.with_headers(("content-type", FORM))
        elif case.body is not None:
            request = request.with_headers(("content-type", JSON))
        return request.with_headers(*case.headers)

    def _changed_body(self, case: Case) -> bytes:
        body = self.request().body
        if case.body is not None:
            body = case.body
        if case.form is not None:
            body = case.form.replace(b"{form}", urlencode(self.sent.get("data", {"a": "b"})).encode())
        if case.encode is not None:
            body = body.decode().encode(case.encode)
        return COMPRESS[case.compress](body) if case.compress else body


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the format of a parameter, or else its type."""
    kind: str = schema.get("format") or schema.get("type", "")
    return kind


def _plain(value: str) -> str:
    """Return the text for a form or an address: of a JSON string what it says, of anything else the JSON text."""
    if not value.startswith('"'):
        return value
    text: str = json.loads(value)
    return text
