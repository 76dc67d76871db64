"""Conditions, compared with those of boto3."""

from typing import Any

import boto3.dynamodb.conditions as boto3s
import pytest

from common.dynamodb.conditions import Attr, Condition
from common.dynamodb.items import encode


def parts(condition: Condition) -> list[Any]:
    """Return the expression of a condition, its names and its values."""
    expressed = condition.expressed("ConditionExpression")
    names = ["ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"]
    return [expressed.get(name, {}) for name in names]


CONDITIONS: list[tuple[Condition, boto3s.ConditionBase]] = [
    (Attr("pk").exists(), boto3s.Attr("pk").exists()),
    (Attr("pk").not_exists(), boto3s.Attr("pk").not_exists()),
    (Attr("version").eq(3), boto3s.Attr("version").eq(3)),
    (Attr("version").gt(3), boto3s.Attr("version").gt(3)),
    (Attr("owner").eq(None), boto3s.Attr("owner").eq(None)),
    (Attr("book.version").eq(3), boto3s.Attr("book.version").eq(3)),
    (
        Attr("pk").exists() & Attr("book.version").eq(3) & Attr("list").eq("A") & Attr("borrower").not_exists(),
        boto3s.Attr("pk").exists()
        & boto3s.Attr("book.version").eq(3)
        & boto3s.Attr("list").eq("A")
        & boto3s.Attr("borrower").not_exists(),
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), CONDITIONS)
def test_condition_is_what_boto3_makes_of_it(ours: Condition, theirs: boto3s.ConditionBase) -> None:
    built = boto3s.ConditionExpressionBuilder().build_expression(theirs)
    expression, *placeholders = parts(ours)
    # boto3 also puts each pair of clauses in parentheses.
    assert words(expression) == words(built.condition_expression)
    assert placeholders == [built.attribute_name_placeholders, encode(built.attribute_value_placeholders)]


def words(expression: str) -> list[str]:
    return expression.replace("(", " ").replace(")", " ").split()
