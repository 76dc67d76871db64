"""`build-support/changed_suites.py`: the suites that a change can break."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_support.scripts import ROOT, load

selected = load("changed_suites.py").selected

SUITES = ["common", "orders", "stock", "conformance", "contract"]
ALWAYS = ["conformance", "contract"]


@pytest.mark.parametrize(
    ("files", "folders", "expected"),
    [
        (["services/orders/domain.py"], {"services/orders", "tests/orders"}, ["orders", *ALWAYS]),
        # Pants does not know what reads these.
        (["services/orders/service.yaml"], set(), ["orders", *ALWAYS]),
        (["tests/stock/profile.py"], {"tests/stock"}, ["stock", *ALWAYS]),
        (
            ["libs/common/text.py"],
            {"tests/common", "tests/orders", "tests/orders/journeys"},
            ["common", "orders", *ALWAYS],
        ),
        (["tests/support/profile.py"], {"tests/orders", "tests/stock"}, ["orders", "stock", *ALWAYS]),
        (["tools/scaffold/names.py"], {"tests/scaffold"}, ALWAYS),
        (["README.md", "docs/runbook.md", "terraform/main.tf", ".github/workflows/ci.yml"], set(), ALWAYS),
        (["services/removed/domain.py"], set(), SUITES),
        (["tests/support/function_lines.json"], set(), SUITES),
        (["Makefile"], set(), SUITES),
        (["make/test.mk"], set(), SUITES),
        (["pyproject.toml"], set(), SUITES),
        (["3rdparty/python/default.lock"], set(), SUITES),
        (["build-support/setup"], set(), SUITES),
        (["product.json", "services/orders/domain.py"], {"tests/orders"}, SUITES),
        ([], set(), ALWAYS),
    ],
)
def test_suites_of_a_change(files: list[str], folders: set[str], expected: list[str]) -> None:
    assert selected(SUITES, ["orders", "stock"], files, folders) == expected


class Clone:
    """A repository with a service, a commit on its base, and a Pants that prints `listed`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "build-support").mkdir(parents=True)
        shutil.copy(ROOT / "build-support" / "changed_suites.py", folder / "build-support")
        pants = folder / "build-support" / "pants"
        pants.write_text('#!/bin/sh\necho "$@" > asked\ncat listed\n')
        pants.chmod(0o755)
        (folder / "services/orders").mkdir(parents=True)
        (folder / "services/orders/service.yaml").touch()
        (folder / ".gitignore").write_text("asked\nlisted\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit()

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=A step")
        return self.git("rev-parse", "HEAD")

    def outputs(self, since: str) -> dict[str, object]:
        """Return the outputs for the suites common, orders and contract."""
        script = self.folder / "build-support" / "changed_suites.py"
        command = [sys.executable, str(script), "common", "orders", "contract"]
        environment = os.environ | {"CHANGED_SINCE": since}
        output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        return {name: json.loads(value) for name, _, value in (line.partition("=") for line in output.splitlines())}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def test_every_suite_runs_without_a_commit_to_compare_with(clone: Clone) -> None:
    assert clone.outputs("") == {"suites": ["common", "orders", "contract"], "all": True}
    assert not (clone.folder / "asked").exists()


def test_changes_of_the_base_after_the_branch_do_not_count(clone: Clone) -> None:
    clone.git("switch", "--quiet", "--create", "branch")
    (clone.folder / "services/orders/domain.py").touch()
    clone.commit()
    clone.git("switch", "--quiet", "main")
    (clone.folder / "Makefile").touch()
    newer = clone.commit()
    clone.git("switch", "--quiet", "branch")
    (clone.folder / "listed").write_text("services/orders:orders\ntests/orders/test_domain.py:tests\n//:product\n")
    assert clone.outputs(newer) == {"suites": ["orders", "contract"], "all": False}
    asked = (clone.folder / "asked").read_text()
    assert asked == f"--changed-since={clone.base} --changed-dependents=transitive list\n"
