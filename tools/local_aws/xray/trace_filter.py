"""Filter expressions over trace summaries.

Syntax: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html. Not supported: `edge`, conditions of
a service in braces, and keywords of fields that no segment here has.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

type Summary = Mapping[str, Any]
type Filter = Callable[[Summary], bool]

_TOKEN = re.compile(r"\s*(?:(\"[^\"]*\")|([\w.]+(?:\[[^\]]+\])?)|(!=|<=|>=|[=<>!(),:]))")
_BOOLEANS: Mapping[str, Filter] = {
    "ok": lambda summary: not (summary["HasFault"] or summary["HasError"] or summary["HasThrottle"]),
    "error": lambda summary: summary["HasError"],
    "fault": lambda summary: summary["HasFault"],
    "throttle": lambda summary: summary["HasThrottle"],
    "partial": lambda summary: summary["IsPartial"],
}
_VALUES: Mapping[str, Callable[[Summary], Any]] = {
    "responsetime": lambda summary: summary["ResponseTime"],
    "duration": lambda summary: summary["Duration"],
    "http.status": lambda summary: summary["Http"].get("HttpStatus"),
    "http.url": lambda summary: summary["Http"].get("HttpURL"),
    "http.method": lambda summary: summary["Http"].get("HttpMethod"),
    "http.useragent": lambda summary: summary["Http"].get("UserAgent"),
    "http.clientip": lambda summary: summary["Http"].get("ClientIp"),
}
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "CONTAINS": lambda text, part: part in text,
    "BEGINSWITH": lambda text, part: text.startswith(part),
    "ENDSWITH": lambda text, part: text.endswith(part),
}
_ANNOTATION = re.compile(r"annotation(?:\.(\w+)|\[(?:annotation\.)?([^\]]+)\])")


class FilterError(ValueError):
    """A filter expression is not supported; the message names the part."""


def parse_filter(text: str) -> Filter:
    """Return whether a summary matches, as a function.

    Raises:
        FilterError: The expression, or a part of it, is not supported.
    """
    parser = _Parser(text)
    found = parser.either()
    parser.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        position = 0
        while text[position:].strip():
            token = _TOKEN.match(text, position)
            if token is None:
                raise FilterError(f"{text[position:].strip()!r} is not supported in a filter expression")
            self._tokens.append(token[0].strip())
            position = token.end()

    def end(self) -> None:
        if self._tokens:
            raise FilterError(f"{self._tokens[0]!r} is not expected in {self._text!r}")

    def either(self) -> Filter:
        filters = [self._all()]
        while self._next_is("OR"):
            filters.append(self._all())
        return lambda summary: any(one(summary) for one in filters)

    def _all(self) -> Filter:
        filters = [self._one()]
        while self._next_is("AND"):
            filters.append(self._one())
        return lambda summary: all(one(summary) for one in filters)

    def _one(self) -> Filter:
        if self._next_is("!"):
            negated = self._one()
            return lambda summary: not negated(summary)
        if self._next_is("("):
            inner = self.either()
            self._expect(")")
            return inner
        word = self._take()
        if word in _BOOLEANS:
            return _BOOLEANS[word]
        if word == "service":
            return self._service()
        if word in _VALUES:
            return self._comparison(lambda summary: [_VALUES[word](summary)])
        if found := _ANNOTATION.fullmatch(word):
            return self._comparison(_annotation(found[1] or found[2]))
        raise FilterError(f"the keyword {word!r} is not supported in a filter expression")

    def _comparison(self, values: Callable[[Summary], list[Any]]) -> Filter:
        if not self._tokens or self._tokens[0].upper() not in _OPERATORS:
            return lambda summary: any(value is not None for value in values(summary))
        compare, expected = _OPERATORS[self._take().upper()], _literal(self._take())
        return lambda summary: any(
            type(value) is type(expected) and compare(value, expected) for value in map(_number, values(summary))
        )

    def _service(self) -> Filter:
        self._expect("(")
        wanted = {"Name": self._take()[1:-1]} if self._tokens and self._tokens[0].startswith('"') else self._id()
        self._expect(")")
        return lambda summary: any(wanted.items() <= service.items() for service in summary["ServiceIds"])

    def _id(self) -> dict[str, str]:
        self._expect("id")
        self._expect("(")
        wanted: dict[str, str] = {}
        while not wanted or self._next_is(","):
            name = {"name": "Name", "type": "Type"}.get(self._take())
            if name is None:
                raise FilterError(f"a service is found by name and type only, not as in {self._text!r}")
            self._expect(":")
            wanted[name] = self._take().strip('"')
        self._expect(")")
        return wanted

    def _take(self) -> str:
        if not self._tokens:
            raise FilterError(f"{self._text!r} is not complete")
        return self._tokens.pop(0)

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0].upper() == token:
            del self._tokens[0]
            return True
        return False

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise FilterError(f"{found!r} is in the place of {token!r} in {self._text!r}")


def _annotation(name: str) -> Callable[[Summary], list[Any]]:
    return lambda summary: [
        next(iter(found["AnnotationValue"].values())) for found in summary["Annotations"].get(name, ())
    ]


def _literal(token: str) -> str | float | bool:
    if token.startswith('"'):
        return token[1:-1]
    if token in ("true", "false"):
        return token == "true"  # noqa: S105 - a boolean
    try:
        return float(token)
    except ValueError:
        raise FilterError(f"{token!r} is not a value: texts are in double quotation marks") from None


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
