"""Conditions on items, as DynamoDB's expressions.

They have the names of boto3's (`boto3.dynamodb.conditions`), whose import would make every cold start slower.
"""

from typing import Any, NamedTuple

from common.dynamodb.items import Plain, encode


class Clause(NamedTuple):
    """One comparison: an attribute, an expression with its placeholder and the one of the value, and the value."""

    path: str
    form: str
    operands: tuple[Plain, ...] = ()


class Condition(NamedTuple):
    """Clauses that all have to hold. Make them with `Attr`, and join them with `&`."""

    clauses: tuple[Clause, ...]

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(self.clauses + other.clauses)

    def expressed(self, parameter: str) -> dict[str, Any]:
        """Return the condition as members of a request: `parameter` with the expression, its names and its values.

        Every name has a placeholder, because DynamoDB reserves hundreds of words.
        """
        names: dict[str, str] = {}
        values: dict[str, Plain] = {}
        clauses = []
        for clause in self.clauses:
            parts = {f"#n{at}": part for at, part in enumerate(clause.path.split("."), len(names))}
            names |= parts
            operands = {f":v{at}": operand for at, operand in enumerate(clause.operands, len(values))}
            values |= operands
            clauses.append(clause.form.format(".".join(parts), *operands))
        expressed: dict[str, Any] = {parameter: " AND ".join(clauses), "ExpressionAttributeNames": names}
        return expressed | {"ExpressionAttributeValues": encode(values)} if values else expressed


class Attr:
    """An attribute of an item; `book.version` is that of a map."""

    def __init__(self, path: str) -> None:
        self._path = path

    def eq(self, value: Plain) -> Condition:
        """Return the condition that the attribute has this value."""
        return Condition((Clause(self._path, "{} = {}", (value,)),))

    def gt(self, value: Plain) -> Condition:
        """Return the condition that the attribute is greater than this value."""
        return Condition((Clause(self._path, "{} > {}", (value,)),))

    def not_exists_or_lte(self, value: Plain) -> Condition:
        """Return the condition that the attribute is at most this value, or that the item does not have it."""
        return Condition((Clause(self._path, "(attribute_not_exists({0}) OR {0} <= {1})", (value,)),))

    def exists(self) -> Condition:
        """Return the condition that the item has the attribute."""
        return Condition((Clause(self._path, "attribute_exists({})"),))

    def not_exists(self) -> Condition:
        """Return the condition that the item does not have the attribute, or that there is no item."""
        return Condition((Clause(self._path, "attribute_not_exists({})"),))
