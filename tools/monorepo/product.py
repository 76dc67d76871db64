"""Reads the product's name from product.json."""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Product:
    """The content of product.json.

    Attributes:
        name: First part of every resource's name.
        title: The name in titles and messages.
        problem_authority: Authority of the problem types' tag URIs (RFC 4151): a domain and a year.
        token_path: The path where a service of this repository issues tokens (OAuth 2.0's password grant); None if no
            service does.
    """

    name: str
    title: str
    problem_authority: str
    token_path: str | None = None


def product(root: Path = ROOT) -> Product:
    """Return the product of the repository in `root`."""
    return Product(**json.loads((root / "product.json").read_text()))
