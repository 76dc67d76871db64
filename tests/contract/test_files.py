"""The committed documents are the generated ones, valid, and compatible with the released ones."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from contract.breaking import breaks
from contract.documents import Document, merged, operations
from contract.files import MERGED, RELEASED
from contract.problem_types import failures, problem_types
from monorepo.services import ROOT, services

RELEASED_SERVICES = [each.name for each in services() if (ROOT / RELEASED / f"{each.name}.json").is_file()]


def test_committed_files_are_as_make_openapi_writes_them(files: dict[str, str | None]) -> None:
    outdated = [
        path for path, text in files.items() if text != ((ROOT / path).read_text() if (ROOT / path).is_file() else None)
    ]
    assert not outdated, f"run: make openapi ({', '.join(outdated)})"


def test_documents_are_valid(parsed: dict[str, Document]) -> None:
    for document in parsed.values():
        validate(document)


@pytest.mark.parametrize("service", RELEASED_SERVICES)
def test_breaking_changes_are_in_the_changelog(service: str, found: dict[str, Document]) -> None:
    released = json.loads((ROOT / RELEASED / f"{service}.json").read_text())
    changelog = (ROOT / "CHANGELOG.md").read_text()
    unnamed = [str(each) for each in breaks(released, found[service]) if not each.is_named_in(changelog)]
    hint = "keep these as released, or name the operation in CHANGELOG.md under Unreleased: - **Breaking:** `id` ..."
    assert not unnamed, "\n".join([hint, *unnamed])


def test_merged_document_has_every_operation_under_a_unique_id(
    parsed: dict[str, Document], found: dict[str, Document]
) -> None:
    every = [(path, method) for document in found.values() for path, method, _ in operations(document)]
    assert sorted((path, method) for path, method, _ in operations(parsed[MERGED])) == sorted(every)
    counted = Counter(operation["operationId"] for _, _, operation in operations(parsed[MERGED]))
    assert max(counted.values()) == 1, counted.most_common(3)


def thing(schema: dict[str, Any]) -> Document:
    """Return a document with one operation, whose body refers to the schema `Thing`."""
    reference = {"schema": {"$ref": "#/components/schemas/Thing"}}
    return {
        "openapi": "3.1.0",
        "info": {"version": "1"},
        "paths": {f"/{schema['type']}": {"post": {"requestBody": {"content": {"application/json": reference}}}}},
        "components": {"schemas": {"Thing": schema, "Same": {"type": "null"}}},
        "tags": [{"name": "health"}],
    }


def test_schemas_of_the_same_name_are_kept_apart_in_the_merged_document() -> None:
    document = merged({"parts": thing({"type": "string"}), "films": thing({"type": "integer"})})
    assert document["components"]["schemas"] == {
        "PartsThing": {"type": "string"},
        "FilmsThing": {"type": "integer"},
        "Same": {"type": "null"},
    }
    for path, name in (("/string", "PartsThing"), ("/integer", "FilmsThing")):
        [content] = document["paths"][path]["post"]["requestBody"]["content"].values()
        assert content["schema"] == {"$ref": f"#/components/schemas/{name}"}
    assert document["tags"] == [{"name": "health"}]


def contents(value: object) -> Iterator[dict[str, Any]]:
    """Yield every content of a body below a part of a document."""
    if isinstance(value, dict):
        if "schema" in value:
            yield value
        for inner in value.values():
            yield from contents(inner)


def examples(document: Document) -> Iterator[tuple[dict[str, Any], object]]:
    """Yield every example of a document with its schema."""
    for content in contents(document["paths"]):
        yield from ((content["schema"], example["value"]) for example in content.get("examples", {}).values())
        if "example" in content:
            yield content["schema"], content["example"]
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            yield {"$ref": f"#/components/schemas/{name}"}, example


def test_every_example_is_valid_by_its_schema(parsed: dict[str, Document]) -> None:
    for document in parsed.values():
        checked = 0
        for schema, example in examples(document):
            whole = schema | {"components": document["components"]}
            Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)
            checked += 1
        assert checked > len(document["paths"])


def test_codes_of_failures_are_unique(found: dict[str, Document]) -> None:
    by_code: dict[str, set[str]] = {}
    for failure in failures({"common", *found}):
        by_code.setdefault(failure.code, set()).add(failure.title)
    assert {code: titles for code, titles in by_code.items() if len(titles) > 1} == {}


def test_every_problem_type_has_an_address_and_a_meaning(
    files: dict[str, str | None], found: dict[str, Document]
) -> None:
    page = (files["docs/problems.md"] or "").splitlines()
    for code, problem_type in problem_types(found).items():
        assert page.count(f"## {code}") == 1
        assert problem_type.meaning.endswith("."), f"{code}: its class needs a docstring"
        assert problem_type.meaning in page
