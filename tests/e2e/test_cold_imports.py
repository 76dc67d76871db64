"""A cold start imports the modules of a committed list, in its order; without a list, those of other services.

It parses no regular expression that is listed, and all are listed that packages compile when `common.lambda_handler`
is imported, but those of `bytes`.
"""

import json
from difflib import unified_diff
from pathlib import Path

import pytest

from local_aws.commands.delivery import DIST
from monorepo.services import default_service
from tests.support import cold_regexes
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


@pytest.mark.usefixtures("up")
def test_regular_expressions_of_packages_are_listed(tmp_path: Path) -> None:
    listed, compiled = (
        cold_regexes.text_of(cold_regexes.of_packages(regexes)).splitlines()
        for regexes in (
            json.loads(cold_regexes.PAGE.read_text()),
            cold_regexes.cold_regexes(Unpacked(DIST, default_service().name, tmp_path)),
        )
    )
    difference = "\n".join(unified_diff(listed, compiled, str(cold_regexes.PAGE), "compiled", n=1, lineterm=""))
    assert not difference, f"{difference}\nIf it should be so: make imports"


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize("service", SERVICES)
def test_cold_start_parses_no_listed_expression(service: str, tmp_path: Path) -> None:
    regexes = json.loads(cold_regexes.PAGE.read_text()).values()
    listed = {(repr(pattern), flags) for found in regexes for pattern, flags in found}
    parsed = cold_regexes.parsed(Unpacked(DIST, service, tmp_path), service)
    assert parsed  # those of `bytes` at least: PyJWT's
    assert listed.isdisjoint(parsed)
