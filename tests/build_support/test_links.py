"""Links within the repository lead to existing files, pictures and headings."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

LISTED = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
FILES = {
    name
    for name in subprocess.run(LISTED, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    if (ROOT / name).is_file()
}
PAGES = sorted(name for name in FILES if name.endswith(".md"))
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
TARGETS = re.compile(r"\]\(([^)\s]+)(?:\s[^)]*)?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.*?)[ #]*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def targets(text: str) -> list[str]:
    """Return the targets of all links and pictures outside code."""
    return [inline or defined for inline, defined in TARGETS.findall(CODE.sub("", FENCED.sub("", text)))]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page. A repeated heading ends with `-1`."""
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(FENCED.sub("", text)):
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return found


def broken(root: Path, page: str, files: set[str]) -> Iterator[str]:
    """Yield the targets of a page that are neither a file, a folder nor a heading."""
    folders = {parent.as_posix() for name in files for parent in Path(name).parents}
    for target in targets((root / page).read_text()):
        if ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        place = (root / page).parent.joinpath(path).resolve() if path else root / page
        name = place.relative_to(root).as_posix() if place.is_relative_to(root) else target
        if name not in files | folders or (anchor and anchor not in anchors(place.read_text())):
            yield target


def test_pages_are_found() -> None:
    assert {"README.md", "docs/runbook.md", "docs/decisions/README.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_repository_are_valid(page: str) -> None:
    assert list(broken(ROOT, page, FILES)) == []


def test_broken_link_is_found(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "docs").mkdir()
    (root / "docs/other.md").write_text("# What's `_new`, then?\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n")
    right = ["other.md", "#here", "../page.md#here", "../docs", "https://example.com/#x", "mailto:a@example.com"]
    right += ["other.md#whats-_new-then", "other.md#twice", "other.md#twice-1"]
    wrong = ["missing.md", "missing.png", "#there", "other.md#twice-2", "other.md#no-heading", "../../elsewhere"]
    wrong += ["untracked.md"]
    (root / "docs/untracked.md").touch()
    (root / "page.md").write_text("# Here\n")
    lines = "\n".join(f"![of a\npicture]({target})" for target in right + wrong)
    (root / "docs/page.md").write_text(f"# Here\n\n{lines}\n\n`[code](nowhere)`\n\n[by name]: reference.md\n")
    found = broken(root, "docs/page.md", {"docs/page.md", "docs/other.md", "page.md"})
    assert list(found) == [*wrong, "reference.md"]
