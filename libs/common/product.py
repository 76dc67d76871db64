"""The product's name, read from product.json, the only file that defines it."""

import json
from pathlib import Path
from typing import Final, NamedTuple

# The folder of product.json: next to this package in the layer, two folders up in the repository.
PLACES: Final = Path(__file__).parents[1:3]


class Product(NamedTuple):
    """The content of product.json.

    Attributes:
        name: Realm of the challenges, and first part of every resource's name.
        title: The name in titles and messages.
        problem_authority: Authority of the problem types' tag URIs (RFC 4151): a domain and a year.
        token_path: The path where a service of this repository issues tokens (OAuth 2.0's password grant); None if no
            service does.
    """

    name: str
    title: str
    problem_authority: str
    token_path: str | None = None


def _read() -> Product:
    file = next(path for folder in PLACES if (path := folder / "product.json").is_file())
    return Product(**json.loads(file.read_bytes()))


PRODUCT: Final = _read()
