"""Metric math, limited to what our Terraform module uses.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. The supported part is
also Python syntax: numbers, ids of other metrics, `*`, `/`, and `FILL(id, number)`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from local_aws.cloudwatch.datapoints import Points


class ExpressionError(ValueError):
    """A part of an expression is not supported; the message names it."""


class Expression:
    """An expression over time series.

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
        if not self.ids:
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
        case _:
            raise ExpressionError(f"{ast.unparse(node)!r} is not evaluated here: only *, / and FILL(id, number) are")


def _value(node: ast.expr, series: Mapping[str, Points], period: int) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return series[name].get(period)
        case ast.Call(args=[ast.Name(id=name), ast.Constant(value=int() | float() as number)]):
            return series[name].get(period, number)
        case ast.BinOp(left=left, op=operator, right=right):
            one, other = _value(left, series, period), _value(right, series, period)
            if one is None or other is None:
                return None
            if isinstance(operator, ast.Mult):
                return one * other
            return one / other if other else None
    raise AssertionError(node)
