"""Everything that a script installs is pinned by hash and binary, so that no code of a package runs at installation."""

import ast
import re
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT

PLACES = (".ci/*", ".devcontainer/*", ".github/**/*.yml", "Makefile", "benchmarks/*", "build-support/**/*", "make/*")
INSTALLS = re.compile(
    r"\b(?:uv pip (?:sync|install)|pip (?:install|download)|uv (?:add|sync|tool)|uvx|pipx|npm (?:ci|install|i)|npx) .*"
)
# A lock without addresses, whose hashes npm compares. No script of a package runs.
OF_NODE = re.compile(r"npm ci .*--ignore-scripts|npx --no-install ")
OF_PYTHON = re.compile(r"(?=.*--require-hashes)(?=.*(?:--only-binary :all:|--no-build\b))")
SCRIPTS = sorted((ROOT / "build-support").rglob("*.py"))


def installations() -> list[tuple[str, str]]:
    """Return each command that installs something, with its file."""
    files = {path for place in PLACES for path in ROOT.glob(place) if path.is_file()}
    own = {path for path in files if not {"node_modules", ".venv", "__pycache__"} & set(path.parts)}
    found = []
    for path in sorted(own):
        if path.suffix in {"", ".mk", ".yml", ".json", ".sh"} or path.name == "Dockerfile":
            text = re.sub(r"\\\n\s*", "", path.read_text(encoding="utf-8"))
            lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
            found += [(str(path.relative_to(ROOT)), one[0]) for line in lines for one in INSTALLS.finditer(line)]
    return found


def test_packages_are_installed_by_hash_and_binary_only() -> None:
    found = installations()
    assert {"build-support/setup", "build-support/pants-from-pypi", "build-support/workflows/lint"} <= dict(
        found
    ).keys()
    assert [one for one in found if not (OF_NODE if one[1].startswith("np") else OF_PYTHON).match(one[1])] == []


def test_uv_comes_from_its_lines_in_the_lock() -> None:
    installing = [command for file, command in installations() if file == "build-support/setup"]
    assert [command for command in installing if ".venv/uv.lock" in command] == installing[:1]
    [lines] = re.findall(r"^uv==.*(?:\\\n.*)+", (ROOT / "3rdparty/python/default.lock").read_text(), re.MULTILINE)
    assert re.search(r"--hash=sha256:[0-9a-f]{64}", lines)


@pytest.mark.parametrize(
    "command", ["uv pip sync requirements.lock", "pip install uv", "npm ci", "npx zizmor", "uvx zizmor"]
)
def test_installation_without_a_hash_is_found(command: str) -> None:
    [found] = INSTALLS.findall(f"exec .venv/bin/{command} # it")
    assert not (OF_NODE if found.startswith("np") else OF_PYTHON).match(found)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_script_parses_on_the_oldest_python(script: Path) -> None:
    # Pants from PyPI runs on 3.9. The others say which Python they need, which they can only if they are parsed.
    ast.parse(script.read_text(encoding="utf-8"), feature_version=(3, 9))
