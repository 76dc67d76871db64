"""Deletes a service and its tests."""

import json
import re

from monorepo.product import product
from monorepo.services import Service, services
from scaffold.checkout import Checkout
from scaffold.refusal import RefusedError

DEFAULT = """\
# Exactly one service is the default: it also gets every path that no service names.
default: true
"""


def removal(checkout: Checkout, name: str, *, default: str | None) -> dict[str, str | None]:
    """Return the changes of files that remove a service.

    Args:
        checkout: The repository to change.
        name: The service to remove.
        default: The new default service; required if the removed one is the default.

    Raises:
        RefusedError: The service does not exist, is the last one, or is used by another one, or `default` is wrong.
    """
    known = {service.name: service for service in services(checkout.root)}
    if name not in known:
        raise RefusedError(f"There is no service {name!r}. Set NAME to one of {', '.join(sorted(known))}.")
    gone = known.pop(name)
    if not known:
        raise RefusedError(f"{name} is the only service, and one is required: add another one first.")
    _require_unused(gone, known)
    changes: dict[str, str | None] = dict.fromkeys(checkout.files(f"services/{name}", f"tests/{name}"))
    if gone.default:
        others = ", ".join(sorted(known))
        if default not in known:
            raise RefusedError(f"{name} is the default service: set DEFAULT= to the next default, one of {others}.")
        path = f"services/{default}/service.yaml"
        changes[path] = with_default((checkout.root / path).read_text())
    elif default:
        raise RefusedError(f"{name} is not the default service: leave DEFAULT= out.")
    token_path = product(checkout.root).token_path or ""
    if any(token_path.startswith(f"{path}/") for path in gone.paths):
        text = (checkout.root / "product.json").read_text()
        changes["product.json"] = text.replace(json.dumps(token_path), "null")
    return changes


def with_default(text: str) -> str:
    """Return a service.yaml with `default: true`, including its comments."""
    changed, count = re.subn(r"^default:\s*\w+", "default: true", text, flags=re.MULTILINE)
    return changed if count else f"{text.rstrip()}\n\n{DEFAULT}"


def _require_unused(gone: Service, others: dict[str, Service]) -> None:
    granted = sorted(service.name for service in others.values() if gone.name in service.grants)
    if granted:
        raise RefusedError(
            f"{granted[0]} is granted actions on the table of {gone.name}: "
            f"remove grants.{gone.name} from services/{granted[0]}/service.yaml first."
        )
