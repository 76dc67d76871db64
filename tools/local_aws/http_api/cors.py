"""Cross-origin requests to an HTTP API that has a CORS configuration.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html. The gateway answers preflight
requests itself, whether or not a route would take them, adds its headers to the answers of requests with an `Origin`,
and ignores those that the function set. An API without a configuration passes everything on as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PREFIXES = ("http://*", "https://*")
_HEADERS = frozenset(
    f"access-control-{name}"
    for name in ("allow-origin", "allow-credentials", "expose-headers", "max-age", "allow-methods", "allow-headers")
)

type Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cors:
    """A configuration as in https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html; age in s."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "Cors":
        """Read what GetApis says."""
        return cls(
            allow_origins=tuple(configuration.get("AllowOrigins", ())),
            allow_methods=tuple(configuration.get("AllowMethods", ())),
            allow_headers=tuple(configuration.get("AllowHeaders", ())),
            expose_headers=tuple(configuration.get("ExposeHeaders", ())),
            allow_credentials=bool(configuration.get("AllowCredentials")),
            max_age=configuration.get("MaxAge"),
        )

    def allowed_origin(self, origin: str) -> str | None:
        """Return the value of Access-Control-Allow-Origin for a request's `Origin`, or None when it is not allowed."""
        if "*" in self.allow_origins:
            return "*"
        prefixes = [prefix.removesuffix("*") for prefix in _PREFIXES if prefix in self.allow_origins]
        allowed = origin in self.allow_origins or any(origin.startswith(prefix) for prefix in prefixes)
        return origin if allowed else None

    def preflight(self, origin: str) -> Headers:
        """Make the headers of the answer to a preflight request; none for an origin that is not allowed."""
        lists = {"allow-methods": self.allow_methods, "allow-headers": self.allow_headers}
        age = None if self.max_age is None else str(self.max_age)
        return self._headers(origin, lists, {"max-age": age})

    def answer(self, origin: str, headers: Iterable[tuple[str, str]]) -> Headers:
        """Put this configuration's headers in place of the answer's own; `origin` is empty without an `Origin`."""
        others = tuple(pair for pair in headers if pair[0] not in _HEADERS)
        return others + (self._headers(origin, {"expose-headers": self.expose_headers}, {}) if origin else ())

    def _headers(self, origin: str, lists: Mapping[str, tuple[str, ...]], values: Mapping[str, str | None]) -> Headers:
        allowed = self.allowed_origin(origin)
        if allowed is None:
            return ()
        credentials = "true" if self.allow_credentials else None
        joined = {name: ",".join(items) or None for name, items in lists.items()}
        every = {"allow-origin": allowed, "allow-credentials": credentials, **joined, **values}
        return tuple((f"access-control-{name}", value) for name, value in every.items() if value is not None)


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks first: OPTIONS with an `Origin` and the method that it wants to use."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
