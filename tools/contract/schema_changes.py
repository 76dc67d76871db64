"""Which values of a changed JSON schema clients do not know."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

type Schema = Mapping[str, Any]
type Schemas = Mapping[str, Schema]
"""The schemas that references name."""

LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EXACT: Final = ("pattern", "format", "const", "uniqueItems", "contentMediaType")
# They say nothing about which values are valid.
ANNOTATIONS: Final = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
STRUCTURE: Final = {"type", "enum", "anyOf", "oneOf", "items", "properties", "required", "additionalProperties"}
COMPARED: Final = {*LOWER, *UPPER, *EXACT, *STRUCTURE}


class UnknownKeywordError(ValueError):
    """A schema has a keyword that is not compared, so that a change of it would not be found."""

    def __init__(self, at: str, names: Iterable[str]) -> None:
        super().__init__(f"{at}: {', '.join(sorted(names))} cannot be compared. Extend contract.schema_changes.")


class Comparison:
    """Compares the schemas of two documents.

    Args:
        old: The schemas of the released document.
        new: Those of the present one.
        is_sent: Whether clients send the values (or else receive them).
        seen: The pairs of references that are being compared or have been.
    """

    def __init__(self, old: Schemas, new: Schemas, *, is_sent: bool, seen: Iterable[tuple[str, str]] = ()) -> None:
        self._schemas = (old, new)
        self._is_sent = is_sent
        self._seen = set(seen)

    def breaks(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        """Yield each reason why a client of the old schema fails with the new one.

        A value that clients send must stay valid. A value that they receive must have been valid before.

        Raises:
            UnknownKeywordError: A schema has a keyword that this comparison does not know.
        """
        references = (old.get("$ref", ""), new.get("$ref", ""))
        if all(references):
            if references in self._seen:
                return
            self._seen.add(references)
        old, new = _resolved(old, self._schemas[0], at), _resolved(new, self._schemas[1], at)
        values, allowed = (old, new) if self._is_sent else (new, old)
        alternatives = _alternatives(old), _alternatives(new)
        if any(len(each) > 1 for each in alternatives):
            yield from self._break_alternatives(*alternatives, at)
            return
        if not _types(values) <= _types(allowed):
            yield f"{at}: {_named(values)} instead of {_named(allowed)}"
            return
        yield from _break_values(values, allowed, at)
        yield from self._break_objects(old, new, at)
        if "items" in old and "items" in new:
            yield from self.breaks(old["items"], new["items"], f"{at}[]")

    def _break_alternatives(self, old: list[Schema], new: list[Schema], at: str) -> Iterator[str]:
        """Require that each alternative of the values is one of those that are allowed."""
        values, allowed = (old, new) if self._is_sent else (new, old)
        for value in values:
            pairs = ((value, each) if self._is_sent else (each, value) for each in allowed)
            if not any(self._fits(*pair) for pair in pairs):
                yield f"{at}: {_named(value)} is {'no longer' if self._is_sent else 'newly'} possible"

    def _fits(self, old: Schema, new: Schema) -> bool:
        # With a memory of its own, because an attempt that fails proves nothing about the next.
        attempt = Comparison(*self._schemas, is_sent=self._is_sent, seen=self._seen)
        return not any(attempt.breaks(old, new, at=""))

    def _break_objects(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        known, present = old.get("properties", {}), new.get("properties", {})
        for name in known.keys() - present.keys():
            yield f"{at}/{name} is removed"
        for name in known.keys() & present.keys():
            yield from self.breaks(known[name], present[name], f"{at}/{name}")
        values, allowed = (old, new) if self._is_sent else (new, old)
        for name in set(allowed.get("required", ())) - set(values.get("required", ())):
            if self._is_sent or name in present:
                yield f"{at}/{name} is {'required' if self._is_sent else 'no longer always present'}"


def _break_values(values: Schema, allowed: Schema, at: str) -> Iterator[str]:
    """Yield each rule of `allowed` that not all `values` keep."""
    if "enum" in allowed and not set(values.get("enum", [None])) <= set(allowed["enum"]):
        yield f"{at}: other values are in the enum"
    for name in (*LOWER, *UPPER):
        bound, limit = values.get(name), allowed.get(name)
        if limit is not None and (bound is None or (bound < limit if name in LOWER else bound > limit)):
            yield f"{at}: {name} is {limit} instead of {bound}"
    for name in EXACT:
        if name in allowed and values.get(name) != allowed[name]:
            yield f"{at}: {name} differs"
    if allowed.get("additionalProperties") is False and values.get("additionalProperties") is not False:
        yield f"{at}: other properties are rejected"


def _types(schema: Schema) -> set[str]:
    every = {"string", "integer", "number", "boolean", "array", "object", "null"}
    named = schema.get("type", every)
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def _alternatives(schema: Schema) -> list[Schema]:
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _resolved(schema: Schema, schemas: Schemas, at: str) -> Schema:
    while "$ref" in schema:
        _reject_unknown(schema, {"$ref"}, at)
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    _reject_unknown(schema, COMPARED, at)
    return schema


def _reject_unknown(schema: Schema, compared: set[str], at: str) -> None:
    unknown = schema.keys() - compared - ANNOTATIONS
    if not isinstance(schema.get("additionalProperties", True), bool):
        unknown |= {"additionalProperties with a schema"}
    if unknown:
        raise UnknownKeywordError(at, unknown)


def _named(schema: Schema) -> str:
    name: str = schema.get("$ref", "").rpartition("/")[2]
    return name or " or ".join(sorted(_types(schema)))
