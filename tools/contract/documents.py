"""The OpenAPI document of each service, and the merged one."""

import copy
import importlib
import tomllib
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from common.product import PRODUCT
from monorepo.services import services

type Document = dict[str, Any]

SCHEMAS: Final = "#/components/schemas/"


def documents(root: Path, *, with_issuer: bool = False) -> dict[str, Document]:
    """Return the document of each service, with the version of the repository in place of that of a package.

    Args:
        root: The folder of the repository.
        with_issuer: Whether an OpenID Connect issuer issues the tokens.
    """
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    found: dict[str, Document] = {}
    for service in services(root):
        app = importlib.import_module(f"{service.name}.app").app
        app.serve_api(with_issuer=with_issuer)
        found[service.name] = copy.deepcopy(app.openapi())
        app.serve_api(with_issuer=False)
        found[service.name]["info"]["version"] = version
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield path, method and description of each operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def merged(found: Mapping[str, Document]) -> Document:
    """Return one document with the operations of all services.

    A schema's name gets its service's as prefix if services define different schemas of this name.
    """
    [version] = {each["info"]["version"] for each in found.values()}
    result: Document = {
        "openapi": next(iter(found.values()))["openapi"],
        "info": {"title": PRODUCT.title, "description": "The operations of all services.", "version": version},
        "servers": [{"url": "/"}],
        "paths": {},
        "components": {},
        "tags": [],
    }
    for service, document in found.items():
        others = [other for name, other in found.items() if name != service]
        unique = _with_unique_schemas(service, document, others)
        result["paths"] |= unique["paths"]
        _merge(result["components"], unique["components"])
        result["tags"] += [tag for tag in unique["tags"] if tag not in result["tags"]]
    result["tags"].sort(key=itemgetter("name"))
    return result


def _with_unique_schemas(service: str, document: Document, others: list[Document]) -> Document:
    schemas = document["components"]["schemas"]
    names = {
        name: f"{service.capitalize()}{name}"
        for name, schema in schemas.items()
        if any(other["components"]["schemas"].get(name, schema) != schema for other in others)
    }
    renamed: Document = _with_references({SCHEMAS + old: SCHEMAS + new for old, new in names.items()}, document)
    components = renamed["components"]
    components["schemas"] = {names.get(name, name): schema for name, schema in components["schemas"].items()}
    return renamed


def _with_references(new: Mapping[str, str], value: Any) -> Any:
    """Return a copy of a part of a document with these references replaced."""
    if isinstance(value, dict):
        return {key: _with_references(new, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_references(new, inner) for inner in value]
    return new.get(value, value) if isinstance(value, str) else value


def _merge(into: Document, added: Document) -> None:
    """Add a nested mapping to another one."""
    for key, value in added.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
