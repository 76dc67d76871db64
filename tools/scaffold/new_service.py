"""Generates a service and its tests."""

import math
import re
from pathlib import Path

from scaffold.names import TEMPLATE, Names

SUFFIX = ".tmpl"
FOLDERS = {"service": "services", "tests": "tests"}
# Pants reads every file that is called BUILD, whatever its suffix.
BUILD = "pants_build"


def files_of(names: Names) -> dict[str, str | None]:
    """Return the path and content of each file of a new service and its tests."""
    files: dict[str, str | None] = {}
    for path in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        kind, *below = path.relative_to(TEMPLATE).parts
        target = Path(FOLDERS[kind], names.service, *below).with_suffix("")
        files[str(target.with_name("BUILD") if target.name == BUILD else target)] = filled(path.read_text(), names)
    return files


def filled(text: str, names: Names) -> str:
    """Return a text of the template with the placeholders replaced by these names."""
    vowel = names.entity.startswith(tuple("AEIO"))
    article = "an" if vowel else "a"
    words = {
        "a widget": f"{article} {names.entity.lower()}",
        "A widget": f"{article.capitalize()} {names.entity.lower()}",
        "a Widget": f"{article} {names.entity}",
        "A Widget": f"{article.capitalize()} {names.entity}",
        "widgets": names.service,
        "Widgets": names.service.capitalize(),
        "WIDGETS": names.service.upper(),
        "widget": names.entity.lower(),
        "Widget": names.entity,
        "WIDGET": names.entity.upper(),
        **_costs(names),
    }
    # The article must be a whole word: `lambda widget` has none.
    pattern = r"\b[Aa] [Ww]idget|[Ww]idgets?|WIDGETS?|STORED_BYTES|ITEM_BYTES|ONCE_BYTES|PAGE_UNITS"
    return re.sub(pattern, lambda found: words[found[0]], text)


def _costs(names: Names) -> dict[str, str]:
    """Return the figures of docs/costs.md that depend on the names, as `make costs` computes them."""
    # The entity's name is four times in an item: in both keys, its attribute's name, and its own name.
    size = 181 + 4 * len(names.entity) + len(names.service)
    # The items of a page are created by a subject that is 14 characters shorter.
    return {
        "ITEM_BYTES": str(size),
        "STORED_BYTES": str(size + 24),  # with the id of the write, which the index does not have
        "ONCE_BYTES": str(388 + len(names.entity) + len(names.service)),  # by the path and the name of an example
        "PAGE_UNITS": f"{0.5 * math.ceil(21 * (size - 14) / 4096):g}",
    }
