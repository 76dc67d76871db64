"""The generated files of the contract below docs/."""

import json
from pathlib import Path
from typing import Final

from contract.documents import Document, documents, merged
from contract.problem_page import page

FOLDER: Final = "docs/openapi"
# The documents of the last release, with which a change is compared.
RELEASED: Final = f"{FOLDER}/released"
# The documents if an OpenID Connect issuer issues the tokens. Terraform derives the routes from them.
WITH_ISSUER: Final = f"{FOLDER}/issuer"
MERGED: Final = f"{FOLDER}/api.json"
PROBLEMS: Final = "docs/problems.md"


def generated(root: Path) -> dict[str, str | None]:
    """Return the text of each generated file by its path; None for the files of a service that no longer exists."""
    found, others = documents(root), documents(root, with_issuer=True)
    texts: dict[str, str | None] = {f"{FOLDER}/{service}.json": written(each) for service, each in found.items()}
    texts |= {f"{WITH_ISSUER}/{service}.json": written(each) for service, each in others.items()}
    texts |= {MERGED: written(merged(found)), PROBLEMS: page(found, others)}
    old = [
        path.relative_to(root)
        for folder in (FOLDER, RELEASED, WITH_ISSUER)
        for path in sorted((root / folder).glob("*.json"))
    ]
    return dict.fromkeys(str(path) for path in old if path.stem not in {*found, "api"}) | texts


def released(root: Path) -> dict[str, str | None]:
    """Return the committed document of each service under the path of its released one."""
    documented = {path.name: path.read_text() for path in sorted((root / FOLDER).glob("*.json")) if path.stem != "api"}
    return {f"{RELEASED}/{name}": text for name, text in documented.items()}


def written(document: Document) -> str:
    """Return a document as its file contains it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
