"""Cross-origin requests to an HTTP API that has a CORS configuration.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html. The gateway responds to
preflight requests itself, whether or not a route matches. It drops the function's CORS headers, and adds its own to
responses to requests with an `Origin`. Without a configuration it changes nothing.

According to reports, such as https://github.com/aws/serverless-application-model/issues/1603, routes that match
OPTIONS (`ANY`, `$default`) pass preflight requests to their function instead, hence `Preflight`.
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.model.deployment import Cors

_PREFIXES = ("http://*", "https://*")
_HEADERS = frozenset(
    f"access-control-{name}"
    for name in ("allow-origin", "allow-credentials", "expose-headers", "max-age", "allow-methods", "allow-headers")
)


class Preflight(enum.StrEnum):
    """Who responds to preflight requests for routes that match OPTIONS; the gateway does for all others."""

    GATEWAY = "gateway"
    FUNCTION = "function"


type Headers = tuple[tuple[str, str], ...]


def read_cors(configuration: Mapping[str, Any]) -> Cors:
    """Return the configuration that GetApis describes."""
    return Cors(
        allow_origins=tuple(configuration.get("AllowOrigins", ())),
        allow_methods=tuple(configuration.get("AllowMethods", ())),
        allow_headers=tuple(configuration.get("AllowHeaders", ())),
        expose_headers=tuple(configuration.get("ExposeHeaders", ())),
        allow_credentials=bool(configuration.get("AllowCredentials")),
        max_age=configuration.get("MaxAge"),
    )


def allowed_origin(cors: Cors, origin: str) -> str | None:
    """Return Access-Control-Allow-Origin for a request's `Origin`, or None when the origin is not allowed."""
    if "*" in cors.allow_origins:
        return "*"
    prefixes = [prefix.removesuffix("*") for prefix in _PREFIXES if prefix in cors.allow_origins]
    allowed = origin in cors.allow_origins or any(origin.startswith(prefix) for prefix in prefixes)
    return origin if allowed else None


def preflight_headers(cors: Cors, origin: str, headers: Iterable[tuple[str, str]] = ()) -> Headers:
    """Replace the CORS headers of a response to a preflight request; an origin that is not allowed gets none."""
    lists = {"allow-methods": cors.allow_methods, "allow-headers": cors.allow_headers}
    age = None if cors.max_age is None else str(cors.max_age)
    return _others(headers) + _headers(cors, origin, lists, {"max-age": age})


def response_headers(cors: Cors, origin: str, headers: Iterable[tuple[str, str]]) -> Headers:
    """Replace the function's CORS headers by the configuration's; `origin` is empty without an `Origin`."""
    own = _headers(cors, origin, {"expose-headers": cors.expose_headers}, {}) if origin else ()
    return _others(headers) + own


def _others(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple(pair for pair in headers if pair[0] not in _HEADERS)


def _headers(
    cors: Cors, origin: str, lists: Mapping[str, tuple[str, ...]], values: Mapping[str, str | None]
) -> Headers:
    allowed = allowed_origin(cors, origin)
    if allowed is None:
        return ()
    credentials = "true" if cors.allow_credentials else None
    joined = {name: ",".join(items) or None for name, items in lists.items()}
    every = {"allow-origin": allowed, "allow-credentials": credentials, **joined, **values}
    return tuple((f"access-control-{name}", value) for name, value in every.items() if value is not None)


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request is a preflight: OPTIONS with an `Origin` and the requested method."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
