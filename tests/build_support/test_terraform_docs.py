"""`build-support/terraform_docs.py`: the READMEs of the Terraform modules are current, and complete."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

MODULES = sorted(path.parent for path in ROOT.glob("terraform/modules/*/variables.tf"))
DECLARED = re.compile(r'^(?:variable|output) "([a-z_]+)"', re.MULTILINE)


def test_readmes_are_current() -> None:
    script = [sys.executable, str(ROOT / "build-support" / "terraform_docs.py"), "--check"]
    finished = subprocess.run(script, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_readme_has_an_example_and_a_complete_row_for_each_input_and_output(module: Path) -> None:
    text = (module / "README.md").read_text()
    declared = {name for file in module.glob("*.tf") for name in DECLARED.findall(file.read_text())}
    rows = {cells[0]: cells[1:] for line in text.splitlines() if len(cells := line.strip("| ").split(" | ")) > 1}
    assert declared <= rows.keys()
    assert [name for name in declared if not all(rows[name])] == []
    assert text.count("](examples/") == 1
    types = re.findall("`([^`]+)`", "".join(cell for name in declared for cell in rows[name][1:2]))
    assert [one for one in types if one.count("(") != one.count(")")] == []
