"""What `make openapi` would write now."""

import json

import pytest

from contract.documents import Document, documents
from contract.files import generated
from monorepo.services import ROOT


@pytest.fixture(scope="session")
def found() -> dict[str, Document]:
    """The document of each service."""
    return documents(ROOT)


@pytest.fixture(scope="session")
def files() -> dict[str, str | None]:
    """The text of each generated file."""
    return generated(ROOT)


@pytest.fixture(scope="session")
def parsed(files: dict[str, str | None]) -> dict[str, Document]:
    """Each generated document by its path, the merged one included."""
    return {path: json.loads(text) for path, text in files.items() if text and path.endswith(".json")}
