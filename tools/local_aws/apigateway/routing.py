"""Finds the route of an HTTP API for a method and a path.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html. A full match comes
before a greedy path variable, and that before `$default`. A more specific path comes before a less specific one, and a
named method before `ANY`. Whether the route `/people` matches `/people/` is not documented and reports contradict each
other, hence `TrailingSlash`.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.model.deployment import Route

_VARIABLE, _GREEDY = 1, 2


class TrailingSlash(enum.StrEnum):
    """Whether a slash at the end of a path is significant or ignored."""

    SIGNIFICANT = "significant"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Match:
    """The matched route, and the decoded values of its path variables."""

    route: Route
    path_parameters: Mapping[str, str]


class Router:
    """The routes of one API, the most specific first."""

    def __init__(self, routes: Iterable[Route], trailing_slash: TrailingSlash = TrailingSlash.SIGNIFICANT) -> None:
        self._patterns = sorted((_Pattern.of(route) for route in routes), key=_Pattern.specificity)
        self._trailing_slash = trailing_slash

    def match(self, method: str, path: str) -> Match | None:
        """Return the route for a method and a path as the client sent it (still encoded), or None."""
        if self._trailing_slash is TrailingSlash.IGNORED and path != "/":
            path = path.removesuffix("/")
        parts = _parts(path)
        for pattern in self._patterns:
            parameters = pattern.match(method, parts)
            if parameters is not None:
                return Match(pattern.route, parameters)
        return None


@dataclass(frozen=True, slots=True)
class _Pattern:
    route: Route
    method: str
    parts: tuple[str, ...] | None  # None: $default

    @classmethod
    def of(cls, route: Route) -> "_Pattern":
        method, _, path = route.key.partition(" ")
        return cls(route, method, _parts(path) if path else None)

    def specificity(self) -> tuple[bool, bool, tuple[int, ...], bool]:
        ranks = tuple(_rank(part) for part in self.parts or ())
        return self.parts is None, _GREEDY in ranks, ranks, self.method == "ANY"

    def match(self, method: str, parts: tuple[str, ...]) -> dict[str, str] | None:
        if self.parts is None:
            return {}
        if self.method not in (method, "ANY"):
            return None
        if self.parts and _rank(self.parts[-1]) == _GREEDY:
            # The variable takes the rest of the path, which may be empty after a slash: `/metrics/{proxy+}` serves
            # `/metrics/` (https://github.com/storacha/w3infra/pull/166).
            fixed = len(self.parts) - 1
            if len(parts) <= fixed:
                return None
            parts = (*parts[:fixed], "/".join(parts[fixed:]))
        if len(parts) != len(self.parts):
            return None
        pairs = [(part, unquote(sent)) for part, sent in zip(self.parts, parts, strict=True)]
        if not all(_fits(part, sent) for part, sent in pairs):
            return None
        return {part.strip("{+}"): sent for part, sent in pairs if _rank(part)}


def _fits(part: str, sent: str) -> bool:
    match _rank(part):
        case 0:
            return sent == part
        case rank:
            return bool(sent) or rank == _GREEDY


def _parts(path: str) -> tuple[str, ...]:
    return () if path == "/" else tuple(path.removeprefix("/").split("/"))


def _rank(part: str) -> int:
    if not (part.startswith("{") and part.endswith("}")):
        return 0
    return _GREEDY if part.endswith("+}") else _VARIABLE
