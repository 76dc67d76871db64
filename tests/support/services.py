"""The services of this repository, and what their resources are called where tests deploy them."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = tuple(sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py")))
PREFIX: Final = "bookshelf-dev"


def deployed_name(name: str) -> str:
    """Return the name of the function, role or table `name` in the deployment of the tests."""
    return f"{PREFIX}-{name}"
