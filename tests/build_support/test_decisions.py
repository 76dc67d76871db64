"""Each page of docs/decisions has the form that its README asks for, and a row there."""

import re
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Files"]


def test_numbers_are_consecutive() -> None:
    assert [page.name[:5] for page in PAGES] == [f"{number:04}-" for number in range(1, len(PAGES) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_a_title_a_status_and_five_parts_in_order(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert lines[0].startswith(f"# {page.name[:4]}. ")
    assert re.match(r"Status: (accepted|replaced by)\b", lines[2])
    # A page may have more parts between them.
    assert [line[3:] for line in lines if line.startswith("## ") and line[3:] in PARTS] == PARTS


def test_each_page_has_one_row() -> None:
    rows = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| \S", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert rows == [(page.name[:4], page.name) for page in PAGES]
