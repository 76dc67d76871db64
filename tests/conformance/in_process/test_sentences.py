"""Every error that pydantic can find in a request of a service has a sentence of its own."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute, iter_route_contexts

from common.http.sentences import OWN, SENTENCES
from tests.conformance.found import SERVICES

# By the type of a core schema: the errors that it always has, and those that follow from its members.
ERRORS: Final[Mapping[str, tuple[set[str], Mapping[str, str]]]] = {
    "bool": ({"bool_type", "bool_parsing"}, {}),
    "default": (set(), {}),
    "function-after": ({"value_error"}, {}),
    "function-before": ({"value_error"}, {}),
    "function-wrap": ({"value_error"}, {}),
    "int": (
        {"int_type", "int_parsing", "int_parsing_size", "int_from_float"},
        {"ge": "greater_than_equal", "gt": "greater_than", "le": "less_than_equal", "lt": "less_than"},
    ),
    "json-or-python": (set(), {}),
    "list": ({"list_type"}, {"min_length": "too_short", "max_length": "too_long"}),
    "literal": ({"literal_error"}, {}),
    "model": ({"model_type"}, {}),
    "model-field": ({"missing"}, {}),
    "model-fields": ({"model_attributes_type"}, {"extra_behavior": "extra_forbidden"}),
    "nullable": (set(), {}),
    "str": (
        {"string_type", "string_unicode"},
        {"min_length": "string_too_short", "max_length": "string_too_long", "pattern": "string_pattern_mismatch"},
    ),
    "uuid": ({"uuid_type", "uuid_parsing"}, {}),
}
# Members of core schemas that are no schemas.
OTHERS: Final = {"metadata", "serialization", "function"}


def nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a core schema and all those in it."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for name, member in schema.items():
            yield from () if name in OTHERS else nodes(member)
    if isinstance(schema, list | tuple):
        for member in schema:
            yield from nodes(member)


def schemas(service: str) -> Iterator[Any]:
    """Yield the core schemas of all parameters and bodies of a service."""
    app = importlib.import_module(f"{service}.app").app
    for route in (context.original_route for context in iter_route_contexts(app.routes)):
        if isinstance(route, APIRoute):
            body = [route.body_field] if route.body_field else []
            for field in (*get_flat_params(route.dependant), *body):
                yield field._type_adapter.core_schema


@pytest.mark.parametrize("service", SERVICES)
def test_every_possible_error_of_a_request_has_a_sentence(service: str) -> None:
    found = [node for schema in schemas(service) for node in nodes(schema)]
    assert found
    unknown = {node["type"] for node in found} - ERRORS.keys()
    assert not unknown, "add the errors of these core schemas to ERRORS, and their sentences to common.http.sentences"
    possible = set[str]()
    for node in found:
        always, by_member = ERRORS[node["type"]]
        possible |= always | {error for member, error in by_member.items() if node.get(member) is not None}
    assert possible - SENTENCES.keys() - OWN == set()
