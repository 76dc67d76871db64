"""Metric math, limited to what our Terraform module uses.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. The supported part is
also Python syntax: numbers, ids of other metrics, `*`, `/`, `FILL(id, number)`, and `SUM(FILL(METRICS(), number))`.
"""

import ast
import math
from collections.abc import Iterable, Iterator, Mapping

from local_aws.cloudwatch.datapoints import Points


class ExpressionError(ValueError):
    """A part of an expression is not supported; the message names it."""


class Expression:
    """An expression over time series; `all_metrics` is whether it is over all of them, whatever their ids.

    Raises:
        ExpressionError: A part of it is not supported.
    """

    def __init__(self, text: str) -> None:
        try:
            self._root = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(f"{text!r} is not an expression: {error.msg}") from None
        self.text = text
        self.ids = frozenset(_ids(self._root))
        self.all_metrics = any(_of_all(node) is not None for node in ast.walk(self._root))
        if not self.ids and not self.all_metrics:
            raise ExpressionError(f"{text!r} names no metric")

    def points(self, series: Mapping[str, Points], periods: Iterable[int]) -> dict[int, float]:
        """Return its value for each period in which all operands have a value and no divisor is zero."""
        found = {}
        for period in periods:
            value = _value(self._root, series, period)
            if value is not None:
                found[period] = value
        return found


def _ids(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            yield name
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
            yield from _ids(left)
            yield from _ids(right)
        case ast.Call(
            func=ast.Name(id="FILL"), args=[ast.Name(id=name), ast.Constant(value=int() | float())], keywords=[]
        ):
            yield name
        case _ if _of_all(node) is not None:
            return
        case _:
            supported = "*, /, FILL(id, number) and SUM(FILL(METRICS(), number))"
            raise ExpressionError(f"{ast.unparse(node)!r} is not evaluated here: only {supported} are")


def _of_all(node: ast.AST) -> float | None:
    """Return the number of `SUM(FILL(METRICS(), number))`, or None for another node."""
    match node:
        case ast.Call(
            func=ast.Name(id="SUM"),
            args=[
                ast.Call(
                    func=ast.Name(id="FILL"),
                    args=[
                        ast.Call(func=ast.Name(id="METRICS"), args=[], keywords=[]),
                        ast.Constant(value=int() | float() as number),
                    ],
                    keywords=[],
                )
            ],
            keywords=[],
        ):
            return number
    return None


def _value(node: ast.expr, series: Mapping[str, Points], period: int) -> float | None:
    filling = _of_all(node)
    if filling is not None:
        return math.fsum(points.get(period, filling) for points in series.values())
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return series[name].get(period)
        case ast.Call(args=[ast.Name(id=name), ast.Constant(value=int() | float() as number)]):
            return series[name].get(period, number)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _value(left, series, period), _value(right, series, period))
    raise AssertionError(node)


def _combined(operator: ast.operator, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return None
    if isinstance(operator, ast.Mult):
        return one * other
    return one / other if other else None
