"""Which changes of a document break clients, and how the changelog names them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from contract.breaking import Break, breaks, entries
from contract.schema_changes import UnknownKeywordError

type Document = dict[str, Any]
type Change = Callable[[Document, Document], object]
"""Changes an operation, or a schema of the document."""

PATH = "/things/{thing_id}"


def document() -> Document:
    """Return a document with one operation that uses most of what a document can have."""
    return {
        "paths": {
            PATH: {
                "patch": {
                    "operationId": "change_thing",
                    "security": [{"token": []}],
                    "parameters": [
                        {"in": "path", "name": "thing_id", "required": True, "schema": {"type": "integer"}},
                        {"in": "query", "name": "kind", "required": False, "schema": {"enum": ["big", "small"]}},
                    ],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
                    "responses": {
                        "200": {
                            "headers": {"ETag": {}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}},
                        },
                        "409": {
                            "content": {
                                "application/problem+json": {
                                    "schema": {"type": "object"},
                                    "examples": {"name-taken": {}, "thing-lent": {}},
                                }
                            }
                        },
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "In": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 64},
                        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/In"}},
                        "size": {"type": "number"},
                    },
                },
                "Out": {
                    "type": "object",
                    "required": ["name", "kind"],
                    "properties": {
                        "name": {"type": "string"},
                        "kind": {"type": "string", "enum": ["big", "small"]},
                        "count": {"type": "integer"},
                        "part": {"anyOf": [{"$ref": "#/components/schemas/Out"}, {"type": "null"}]},
                    },
                },
            }
        },
    }


def field(schema: Document, name: str) -> Document:
    found: Document = schema["properties"][name]
    return found


def found(change: Change, schema: str = "In") -> list[str]:
    """Return the reasons why the change breaks clients."""
    old, new = document(), document()
    change(new["paths"][PATH]["patch"], new["components"]["schemas"][schema])
    assert old != new
    return [each.reason for each in breaks(old, new)]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("the operation id is `update_thing`", lambda op, _: op.update(operationId="update_thing")),
        ("other credentials or scopes are required", lambda op, _: op.update(security=[{"token": ["admin"]}])),
        ("other credentials or scopes are required", lambda op, _: op.update(security=[{"key": []}])),
        ("the query parameter kind is removed", lambda op, _: op["parameters"].pop()),
        ("the query parameter kind is required", lambda op, _: op["parameters"][1].update(required=True)),
        (
            "the header parameter If-Match is required",
            lambda op, _: op["parameters"].append({"in": "header", "name": "If-Match", "required": True, "schema": {}}),
        ),
        (
            "the query parameter kind: other values are in the enum",
            lambda op, _: op["parameters"][1]["schema"].update(enum=["big"]),
        ),
        ("a body is required", lambda op, _: op["requestBody"].update(required=True)),
        ("the body is no longer application/json", lambda op, _: op["requestBody"]["content"].clear()),
        ("the body/size is removed", lambda _, schema: schema["properties"].pop("size")),
        ("the body/size is required", lambda _, schema: schema["required"].append("size")),
        (
            "the body/size: integer or number instead of integer",
            lambda _, schema: field(schema, "size").update(type="integer"),
        ),
        ("the body/name: maxLength is 32 instead of 64", lambda _, schema: field(schema, "name").update(maxLength=32)),
        (
            "the body/name: minLength is 2 instead of None",
            lambda _, schema: field(schema, "name").update(minLength=2),
        ),
        ("the body/name: pattern differs", lambda _, schema: field(schema, "name").update(pattern="^a")),
        ("the body/note: null is no longer possible", lambda _, schema: field(schema, "note")["anyOf"].pop()),
        (
            "the body: other properties are rejected",
            lambda _, schema: schema.update(additionalProperties=False),
        ),
        (
            "the body/parts[]: object instead of string",
            lambda _, schema: field(schema, "parts").update(items={"type": "string"}),
        ),
        ("200 is removed", lambda op, _: op["responses"].pop("200")),
        ("202 is a new success", lambda op, _: op["responses"].update({"202": {}})),
        ("409 is removed", lambda op, _: op["responses"].pop("409")),
        ("200: the header ETag is removed", lambda op, _: op["responses"]["200"]["headers"].clear()),
        ("200: the body is no longer application/json", lambda op, _: op["responses"]["200"]["content"].clear()),
        (
            "409: the problem thing-lent is removed",
            lambda op, _: op["responses"]["409"]["content"]["application/problem+json"]["examples"].popitem(),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_change_of_a_request_or_an_operation_is_found(reason: str, change: Change) -> None:
    assert found(change) == [reason]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("200: the body/count is removed", lambda _, schema: schema["properties"].pop("count")),
        ("200: the body/name is no longer always present", lambda _, schema: schema["required"].remove("name")),
        (
            "200: the body/count: integer or number instead of integer",
            lambda _, schema: field(schema, "count").update(type="number"),
        ),
        (
            "200: the body/kind: other values are in the enum",
            lambda _, schema: field(schema, "kind")["enum"].append("huge"),
        ),
        (
            "200: the body/part: string is newly possible",
            lambda _, s: field(s, "part")["anyOf"].append({"type": "string"}),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_change_of_a_response_is_found(reason: str, change: Change) -> None:
    assert found(change, "Out") == [reason]


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        ("In", lambda op, _: op.update(security=[])),
        ("In", lambda op, _: op.update(description="Changes a thing.")),
        ("In", lambda op, _: op["parameters"][1]["schema"]["enum"].append("huge")),
        (
            "In",
            lambda op, _: op["parameters"].append({"in": "query", "name": "new", "required": False, "schema": {}}),
        ),
        ("In", lambda op, _: op["responses"].update({"404": {"content": {}}})),
        ("In", lambda op, _: op["responses"]["200"]["headers"].update({"Link": {}})),
        ("In", lambda _, schema: schema["required"].clear()),
        ("In", lambda _, schema: field(schema, "name").update(maxLength=128)),
        ("In", lambda _, schema: schema["properties"].update(more={"type": "string"})),
        ("In", lambda _, schema: field(schema, "note")["anyOf"].append({"type": "integer"})),
        ("Out", lambda _, schema: schema["properties"].update(more={"type": "string"})),
        ("Out", lambda _, schema: schema["required"].append("count")),
        ("Out", lambda _, schema: field(schema, "kind")["enum"].pop()),
        ("Out", lambda _, schema: field(schema, "part")["anyOf"].pop()),
    ],
)
def test_compatible_change_is_not_found(schema: str, change: Change) -> None:
    assert found(change, schema) == []


def test_removed_operation_is_found() -> None:
    new = copy.deepcopy(document())
    new["paths"][PATH].clear()
    assert [str(each) for each in breaks(document(), new)] == [
        "PATCH /things/{thing_id} (`change_thing`): the operation is removed"
    ]


@pytest.mark.parametrize(
    ("keyword", "change"),
    [
        ("allOf", {"allOf": [{"maxLength": 1}]}),
        ("not", {"not": {"const": "a"}}),
        ("additionalProperties with a schema", {"additionalProperties": {"type": "integer"}}),
        ("maxLength, type", {"$ref": "#/components/schemas/Out", "maxLength": 1}),
    ],
)
@pytest.mark.parametrize("changed", [0, 1], ids=["released", "present"])
def test_keyword_that_cannot_be_compared_is_an_error(keyword: str, change: Document, changed: int) -> None:
    compared = (document(), document())
    field(compared[changed]["components"]["schemas"]["In"], "name").update(change)
    with pytest.raises(UnknownKeywordError, match=f"^the body/name: {keyword} cannot be compared"):
        list(breaks(*compared))


CHANGELOG = """# Changelog

## [Unreleased]

### Changed

- **Breaking:** `change_thing` requires
  `size`.
- `list_things` is faster.
- **Breaking: lists.** `GET /things` is gone.

## [0.1.0]

- **Breaking:** `old_thing` is gone.
"""


@pytest.mark.parametrize(
    ("operation", "place", "is_named"),
    [
        ("change_thing", "PATCH /things", True),
        ("change", "PATCH /things", False),
        ("list_things", "GET /other", False),
        ("get_things", "GET /things", True),
        ("old_thing", "GET /old", False),
    ],
)
def test_changelog_names_an_operation_by_id_or_place(operation: str, place: str, is_named: bool) -> None:  # noqa: FBT001
    assert Break(operation, place, "").is_named_in(CHANGELOG) is is_named


def test_entry_of_several_lines_is_one_entry() -> None:
    assert entries(CHANGELOG)[0].startswith("**Breaking:** `change_thing` requires `size`.")


def test_changelog_without_unreleased_changes_has_no_entry() -> None:
    assert entries("# Changelog\n\n## [0.1.0]\n\n- **Breaking:** `old_thing` is gone.\n") == []
