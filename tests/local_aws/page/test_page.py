"""The page itself: what it holds, and what it must not."""

import re

from local_aws.page.admin import PAGE

HTML = PAGE.read_text(encoding="utf-8")


def test_nothing_of_a_request_can_become_html() -> None:
    script = HTML.partition("<script>")[2]
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "eval("):
        assert way not in script
    assert not re.findall(r"\bon\w+=", HTML)
    assert not re.findall(r"<[^>]*\bstyle=", HTML)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    markup, _, script = HTML.partition("<script>")
    for address in re.findall(r"(?:src|href|url)[=(]\"?([^\">)]+)", markup):
        assert address.startswith(("data:", "#"))
    assert "@import" not in markup
    assert "://" not in script
    assert len(re.findall("<script", HTML)) == 1
    assert len(re.findall("<style", HTML)) == 1
