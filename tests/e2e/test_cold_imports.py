"""A cold start imports the modules of a committed list, in its order; without a list, those of other services."""

from difflib import unified_diff
from pathlib import Path

import pytest

from local_aws.commands.delivery import DIST
from tests.support.at_lambdas_paths import Unpacked
from tests.support.cold_imports import cold_imports, page_of
from tests.support.services import SERVICES


@pytest.mark.usefixtures("up")  # which packages
@pytest.mark.parametrize("service", SERVICES)
def test_cold_start_imports_what_the_list_says(service: str, tmp_path: Path) -> None:
    page = page_of(service)
    imported = cold_imports(Unpacked(DIST, service, tmp_path), service)
    if not page.exists():
        # A new service has no list yet. It may import what services with a list import.
        known = {
            module for other in SERVICES if (found := page_of(other)).exists() for module in found.read_text().split()
        }
        new = [module for module in imported if module.partition(".")[0] != service and module not in known]
        assert not new, f"{service} imports {new}. If it should be so: make imports"
        return
    listed = page.read_text().splitlines()
    difference = "\n".join(unified_diff(listed, imported, str(page), "imported", n=1, lineterm=""))
    assert not difference, f"{difference}\nIf it should be so: make imports"
