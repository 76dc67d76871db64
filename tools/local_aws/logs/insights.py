"""Queries of CloudWatch Logs Insights, limited to what the applied query definitions use.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html. Supported: `fields`, `filter`,
`stats ... by`, `sort` with its order, `limit`; comparisons with `and`, `or`, `not` and parentheses; `coalesce`;
`count`, `sum`, `avg`, `min`, `max`, `pct`, `latest`.
"""

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from local_aws.logs.insights_rows import AGGREGATES, Aggregate, Row, Value, compared, of_numbers, rank, text

type Stage = Callable[[list[Row]], list[Row]]

LIMIT = 10_000  # rows
_INCOMPLETE = "the query is not complete"
_TOKEN = re.compile(r"""\s*(?:("[^"]*"|'[^']*')|(-?\d+(?:\.\d+)?\b)|(@?[A-Za-z_][\w.]*)|(!=|<=|>=|[=<>(),|*]))""")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class QueryError(ValueError):
    """A query is not supported; the message names the part."""


class Query:
    """A query over rows.

    Raises:
        QueryError: A part of it is not supported.
    """

    def __init__(self, query: str) -> None:
        self._tokens = _tokens(query)
        self._columns: tuple[str, ...] = ("@timestamp", "@message")
        self._stages: list[Stage] = []
        while self._tokens:
            command = self._take().lower()
            if command not in ("fields", "filter", "stats", "sort", "limit"):
                raise QueryError(f"the command {command!r} is not supported")
            self._stages.append(getattr(self, f"_{command}")())
            if self._tokens:
                self._expect("|")

    def run(self, rows: Iterable[Row]) -> list[dict[str, str]]:
        """Return the resulting fields with their values as text, without those that have no value."""
        found = sorted(rows, key=lambda one: one["@timestamp"], reverse=True)
        for stage in self._stages:
            found = stage(found)
        return [{name: text(one[name]) for name in self._columns if one.get(name) is not None} for one in found[:LIMIT]]

    def _filter(self) -> Stage:
        matches = self._either()
        return lambda rows: [one for one in rows if matches(one)]

    def _either(self) -> Value:
        parts = [self._all()]
        while self._next_is("or"):
            parts.append(self._all())
        return lambda one: any(part(one) for part in parts)

    def _all(self) -> Value:
        parts = [self._condition()]
        while self._next_is("and"):
            parts.append(self._condition())
        return lambda one: all(part(one) for part in parts)

    def _condition(self) -> Value:
        if self._next_is("not"):
            negated = self._condition()
            return lambda one: not negated(one)
        if self._next_is("("):
            inner = self._either()
            self._expect(")")
            return inner
        value, sign = self._value(), self._take()
        if sign not in _COMPARISONS:
            raise QueryError(f"the operator {sign!r} is not supported")
        compare, other = _COMPARISONS[sign], self._value()
        return lambda one: compared(compare, value(one), other(one))

    def _fields(self) -> Stage:
        named = [self._named() for _ in self._separated()]
        self._columns = tuple(name for name, _ in named)
        return lambda rows: [one | {name: value(one) for name, value in named} for one in rows]

    def _stats(self) -> Stage:
        named = [self._aggregate() for _ in self._separated()]
        keys = [self._named() for _ in self._separated()] if self._next_is("by") else []
        self._columns = tuple(name for name, _ in (*keys, *named))

        def aggregated(rows: list[Row]) -> list[Row]:
            def key(one: Row) -> tuple[str, ...]:
                return tuple(json.dumps(value(one)) for _, value in keys)

            groups = [list(group) for _, group in groupby(sorted(rows, key=key), key)]
            return [
                {name: value(group[0]) for name, value in keys} | {name: of(group) for name, of in named}
                for group in groups
            ]

        return aggregated

    def _aggregate(self) -> tuple[str, Callable[[Sequence[Row]], Any]]:
        function = self._take()
        self._expect("(")
        name: str = "*"
        value: Value = _every
        if not self._next_is("*"):
            name, value = self._tokens[0], self._value()
        compute = self._percentile() if function == "pct" else AGGREGATES.get(function)
        if compute is None:
            raise QueryError(f"the function {function!r} is not supported")
        self._expect(")")
        alias = self._take() if self._next_is("as") else f"{function}({name})"
        return alias, lambda rows: compute(rows, value)

    def _percentile(self) -> Aggregate:
        self._expect(",")
        percent = self._take()
        try:
            return of_numbers(f"p{percent}")
        except ValueError:
            raise QueryError(f"pct of {percent} is not supported") from None

    def _sort(self) -> Stage:
        orders: list[tuple[str, bool]] = []
        for _ in self._separated():
            name, order = self._take(), self._take().lower()
            if order not in ("asc", "desc"):
                raise QueryError(f"the order of {name!r} must be asc or desc, not {order!r}")
            orders.append((name, order == "desc"))

        def in_order(rows: list[Row]) -> list[Row]:
            found = list(rows)
            for name, descending in reversed(orders):
                found.sort(key=lambda one: rank(one.get(name)), reverse=descending)
            return found

        return in_order

    def _limit(self) -> Stage:
        count = int(self._take()) if self._tokens and self._tokens[0].isdigit() else None
        if count is None:
            raise QueryError("limit needs a number")
        return lambda rows: rows[:count]

    def _separated(self) -> Iterable[None]:
        yield
        while self._next_is(","):
            yield

    def _named(self) -> tuple[str, Value]:
        if not self._tokens:
            raise QueryError(_INCOMPLETE)
        name, value = self._tokens[0], self._value()
        return (self._take() if self._next_is("as") else name), value

    def _value(self) -> Value:
        token = self._take()
        if token == "coalesce" and self._next_is("("):  # noqa: S105 - a function
            parts = [self._value() for _ in self._separated()]
            self._expect(")")
            return lambda one: next((found for part in parts if (found := part(one)) is not None), None)
        if token[0] in "\"'":
            return lambda _: token[1:-1]
        if token[0] in "-0123456789":
            return lambda _: float(token)
        if not re.match(r"[@\w]", token) or self._tokens[:1] == ["("]:
            raise QueryError(f"{token!r} is not supported here")
        return lambda one: one.get(token)

    def _take(self) -> str:
        if not self._tokens:
            raise QueryError(_INCOMPLETE)
        return self._tokens.pop(0)

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0].lower() == token:
            del self._tokens[0]
            return True
        return False

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise QueryError(f"{found!r} is in the place of {token!r}")


def _every(_: Row) -> bool:
    return True


def _tokens(query: str) -> list[str]:
    found, position = [], 0
    while query[position:].strip():
        token = _TOKEN.match(query, position)
        if token is None:
            raise QueryError(f"{query[position:].strip()!r} is not supported")
        found.append(token[0].strip())
        position = token.end()
    return found
