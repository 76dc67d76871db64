"""The HTML of the pages."""

import re

import pytest

from local_aws.page.admin import DASHBOARD, PAGE

pages = pytest.mark.parametrize("html", [path.read_text(encoding="utf-8") for path in (PAGE, DASHBOARD)])


@pages
def test_page_never_sets_html(html: str) -> None:
    script = html.partition("<script>")[2]
    for way in ("innerhtml", "outerhtml", "insertAdjacenthtml", "document.write", "createContextualFragment", "eval("):
        assert way not in script
    assert not re.findall(r"\bon\w+=", html)
    assert not re.findall(r"<[^>]*\bstyle=", html)


@pages
def test_page_loads_nothing_from_other_hosts(html: str) -> None:
    markup, _, script = html.partition("<script>")
    for address in re.findall(r"(?:src|href|url)[=(]\"?([^\">)]+)", markup):
        assert address.startswith(("data:", "#", "/"))
    assert "@import" not in markup
    assert "://" not in script
    assert len(re.findall("<script", html)) == 1
    assert len(re.findall("<style", html)) == 1
