"""No file outside a service's two folders names it, except changelog and decisions."""

import re
from pathlib import PurePath

import pytest

from monorepo.mentions import NOT_SEARCHED, mentions
from monorepo.services import ROOT, services
from scaffold.checkout import Checkout

SERVICES = [service.name for service in services()]
TEXTS = list(Checkout(ROOT).texts())
# Modules that any service may have: the import rules name them.
KINDS = set(re.findall(r'"(\w+\.py)"', (ROOT / "BUILD").read_text()))


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_named_in_its_two_folders_only(service: str) -> None:
    assert list(map(str, mentions(service, SERVICES, TEXTS))) == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_page_outside_names_a_module_that_only_this_service_has(service: str) -> None:
    own = (f"services/{service}/", f"tests/{service}/")
    elsewhere = {PurePath(path).name.removesuffix(".tmpl") for path, _ in TEXTS if not path.startswith(own)}
    modules = {PurePath(path).name for path, _ in TEXTS if path.startswith(own) and path.endswith(".py")}
    modules -= elsewhere | KINDS
    pages = [
        (path, text) for path, text in TEXTS if path.endswith(".md") and not path.startswith((*own, *NOT_SEARCHED))
    ]
    assert [f"{path}: {module}" for path, text in pages for module in sorted(modules) if f"`{module}`" in text] == []
