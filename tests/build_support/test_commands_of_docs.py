"""Commands in the docs do what the page says."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

BASH = ["bash", "-c"]
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
# The AWS CLI, with five versions of a function, of which `$LIVE` has the traffic.
AWS = """
aws() {
    case $2 in
    get-alias) echo "$LIVE" ;;
    list-versions-by-function) echo '{"Versions": [{"Version": "$LATEST"}, {"Version": "9"}, {"Version": "10"},
        {"Version": "11"}, {"Version": "12"}]}' ;;
    update-alias) echo "$*" ;;
    esac
}
"""


def blocks(name: str) -> list[str]:
    return [content for _, content in BLOCK.findall((ROOT / "docs" / name).read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_terraform_that_needs_a_state_is_connected_to_it(page: Path) -> None:
    # `make plan` keeps the connection of each environment in a folder of its own.
    text = page.read_text()
    if re.search(r"^ *(?:\w+=\$\()?terraform (?:-chdir=\S+ )?(?:output|state|import)\b", text, re.MULTILINE):
        assert "export TF_DATA_DIR=$PWD/.local/environments/" in text


@pytest.mark.parametrize(("live", "before"), [("12", "11"), ("11", "10"), ("10", "9")])
def test_alias_is_moved_to_the_version_before_the_live_one(live: str, before: str) -> None:
    [back] = [block for block in blocks("runbook.md") if block.startswith("back() {")]
    script = f"set -euo pipefail; LIVE={live}; PREFIX=shop-dev; {AWS}\n{back}\nback orders"
    printed = subprocess.run([*BASH, script], capture_output=True, text=True, check=True).stdout
    assert printed == f"lambda update-alias --function-name shop-dev-orders --name live --function-version {before}\n"
