"""Every target of `make help` is on a page."""

import re
import subprocess

import pytest

from tests.build_support.scripts import ROOT
from tests.support.makefiles import makefiles

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += ROOT.glob("benchmarks/README.md")
HELP = ["make", "-s", "help"]
RULES = re.compile(r"^([a-z0-9-]+):.*## ", re.MULTILINE)


def targets() -> dict[str, str]:
    """Return the text of the pages that may name each target: those of a service name its own."""
    general = "\n".join(page.read_text() for page in PAGES)
    found = dict.fromkeys(RULES.findall(makefiles()), general)
    for makefile in sorted((ROOT / "services").glob("*/commands.mk")):
        own = sorted([*makefile.parent.glob("README.md"), *makefile.parent.glob("docs/*.md")])
        text = "\n".join(page.read_text() for page in own)
        found |= dict.fromkeys(RULES.findall(makefile.read_text()), general + text)
    return found


TARGETS = targets()


def named(target: str, text: str) -> bool:
    """Return whether a text has the target after `make`, or alone in backticks."""
    return bool(re.search(rf"`{target}`|\bmake(?: [^\s`]+)* {target}(?![\w-])", text))


def test_help_lists_every_target() -> None:
    printed = subprocess.run(HELP, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    *listed, services = printed.splitlines()
    assert services.startswith("Services: ")
    assert sorted(line.split()[0] for line in listed) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_on_a_page(target: str) -> None:
    assert named(target, TARGETS[target])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`make plan`", True),
        ("make package plan ENV=dev", True),
        ("`make bootstrap`, `plan`", True),
        ("a plan", False),
        ("make plan-b", False),
        ("`make` a plan", False),
    ],
)
def test_target_is_named_as_a_command(text: str, found: bool) -> None:  # noqa: FBT001 - a row
    assert named("plan", text) is found
