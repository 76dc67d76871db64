"""Requests that the OpenAPI documents show succeed on the demo data, as a reader of the documentation sends them."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from common.dynamodb.table import Table
from common.http.body import JSON
from local_aws.demo_data import load_demo_data
from tests.conformance.found import DESCRIBED, profile, service_file
from tests.conformance.in_process.service_under_test import serving
from tests.support.profile import Sent
from tests.support.tokens import bearer


class Example(NamedTuple):
    """A request whose body, path and media type are those of an example.

    Attributes:
        is_creation: Whether its path has no parameters and its body is JSON.
    """

    method: str
    path: str
    sent: Sent
    is_creation: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.sent}"


def examples(document: Mapping[str, Any]) -> Iterator[Example]:
    """Yield every example of a request body."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parameters = {
                parameter["name"]: resolved(document, parameter["schema"])["examples"][0]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "path"
            }
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                kind = "json" if media_type == JSON else "data"
                for example in resolved(document, content["schema"])["examples"]:
                    is_creation = kind == "json" and not parameters
                    yield Example(method.upper(), path.format(**parameters), {kind: example}, is_creation)


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a reference names, or the schema itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


@pytest.mark.parametrize("service", DESCRIBED)
def test_example_succeeds_on_the_demo_data_after_the_examples_of_creation(
    service: str, function_environment: Mapping[str, str]
) -> None:
    demo_data = service_file(service).folder / "demo.json"
    caller = bearer(profile(service).demo_subject)
    every = list(examples(importlib.import_module(f"{service}.app").app.openapi()))
    assert every

    def store(table: Table) -> None:
        load_demo_data(table._client, {table._name: demo_data})

    with serving(service, function_environment, {}) as under_test:
        for example in every:
            under_test.store(store)
            # The first example of each path, because the others may be alternatives to it.
            created = {each.path: each for each in reversed(every) if each.is_creation and each.path != example.path}
            for each in (*created.values(), example):
                response = under_test.send(each.method, each.path, each.sent, headers=caller).response
                assert response.status_code < 300, f"{each}: {response.body}"
