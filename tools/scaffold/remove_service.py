"""Delete a service and its tests."""

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
    """Return what happens to which file when a service goes.

    Args:
        checkout: What to change.
        name: The service that goes.
        default: The service that becomes the default one, where the removed one is it.

    Raises:
        RefusedError: There is no such service, it is the last one, another one needs it, or the default is not clear.
    """
    known = {service.name: service for service in services(checkout.root)}
    if name not in known:
        raise RefusedError(f"There is no service {name!r}. NAME: one of {', '.join(sorted(known))}.")
    gone = known.pop(name)
    if not known:
        raise RefusedError(f"{name} is the only service, and a product needs one: add another one first.")
    _require_unused(gone, known)
    changes: dict[str, str | None] = dict.fromkeys(checkout.files(f"services/{name}", f"tests/{name}"))
    if gone.default:
        others = ", ".join(sorted(known))
        if default not in known:
            raise RefusedError(f"{name} is the default service: say which one is next, DEFAULT= one of {others}.")
        path = f"services/{default}/service.yaml"
        changes[path] = with_default((checkout.root / path).read_text())
    elif default:
        raise RefusedError(f"{name} is not the default service, so that DEFAULT= means nothing here: leave it out.")
    token_path = product(checkout.root).token_path or ""
    if any(token_path.startswith(f"{path}/") for path in gone.paths):
        text = (checkout.root / "product.json").read_text()
        changes["product.json"] = text.replace(json.dumps(token_path), "null")
    return changes


def with_default(text: str) -> str:
    """Return a service.yaml that says `default: true`, its comments kept."""
    changed, count = re.subn(r"^default:\s*\w+", "default: true", text, flags=re.MULTILINE)
    return changed if count else f"{text.rstrip()}\n\n{DEFAULT}"


def _require_unused(gone: Service, others: dict[str, Service]) -> None:
    granted = sorted(service.name for service in others.values() if gone.name in service.grants)
    if granted:
        raise RefusedError(
            f"{granted[0]} is granted actions on the table of {gone.name}: "
            f"take grants.{gone.name} out of services/{granted[0]}/service.yaml first."
        )
