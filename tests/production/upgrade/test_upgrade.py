"""A clone of an earlier version, renamed, with a service more and a demo less, merges the present as the page says."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monorepo.services import services
from tests.support.clone import ROOT, Clone

PAGE = ROOT / "docs" / "upgrading.md"
NEW = "halls"
# The example on the page.
REMOVED, RENAMED = "films", ("acme", "acme.example")
BEFORE_THE_FIRST = "29c0fe7eef0c47cea3111d4e8f2c02ea477386d0"
GIT = shutil.which("git") or "git"
AUTHOR = {f"GIT_{role}_{part}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
SECONDS = 900
# What the page's make targets run, so that the clone needs no environment of its own.
TARGETS = {
    "rename-product": [["-m", "scaffold", "rename", "--name", "{NAME}", "--domain", "{DOMAIN}"]],
    "remove-service": [["-m", "scaffold", "remove", "--name", "{NAME}"]],
    "openapi": [["-m", "contract", "write"]],
    "costs": [["-m", "pytest", "-q", "tests/conformance/in_process/test_costs.py"], ["-m", "cost", "write"]],
    "check": [
        ["-m", "ruff", "check", "--quiet", "."],
        ["-m", "ruff", "format", "--quiet", "--check", "."],
        ["-m", "pytest", "-q", "tests/monorepo", "tests/contract", "tests/cost", f"tests/{NEW}"],
        ["-m", "pytest", "-q", "tests/conformance/in_process", "tests/common/architecture", "-k", NEW],
    ],
}


class Checkout:
    """A clone in which the commands of the page run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        done = self.run(GIT, *arguments)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stdout}"
        return done.stdout.strip()

    def python(self, *arguments: str, **settings: str) -> None:
        began = time.monotonic()
        done = self.run(sys.executable, *arguments, PYTHONPATH="tools:libs:services:.", **settings)
        print(f"{time.monotonic() - began:7.1f} s  {' '.join(arguments)}", flush=True)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout[-20000:]}"

    def make(self, target: str, values: dict[str, str]) -> None:
        for command in TARGETS[target]:
            self.python(*(word.format(**values) for word in command), WRITE_PAGES="1" if target == "costs" else "")

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        chosen = {name: value for name, value in settings.items() if value}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment | AUTHOR | {"GIT_CONFIG_GLOBAL": os.devnull} | chosen,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def earlier() -> str:
    """Return the newest version before the present one, or what is taken for it before the first one."""
    own = Checkout(ROOT)
    if own.run(GIT, "rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.fail("The clone is shallow or has no history: git fetch --unshallow")
    tagged = own.run(GIT, "describe", "--tags", "--abbrev=0", "--match=v*", "HEAD^")
    version = tagged.stdout.strip() if tagged.returncode == 0 else BEFORE_THE_FIRST
    if own.run(GIT, "merge-base", "--is-ancestor", version, "HEAD").returncode:
        pytest.skip(f"the history has no version, and not {version}")
    return own.git("rev-parse", f"{version}^{{commit}}")


def present(folder: Path) -> Checkout:
    """Return a clone whose main is the checkout as it is, edits included, and whose branch `then` is the earlier."""
    commit = earlier()
    own = Checkout(ROOT)
    own.git("clone", "--quiet", "--no-hardlinks", "--no-tags", str(ROOT), str(folder))
    upstream = Checkout(folder)
    upstream.git("branch", "then", commit)
    upstream.git("switch", "--quiet", "--force-create", "main", own.git("rev-parse", "HEAD"))
    edited = Clone(folder.with_name("edited")).root
    shutil.move(folder / ".git", edited / ".git")
    shutil.rmtree(folder)
    shutil.move(edited, folder)
    upstream.git("add", "--all")
    upstream.git("commit", "--quiet", "--allow-empty", "--message", "The edits")
    return upstream


def demo_service() -> str:
    """Return a service that may be removed without choosing another default."""
    found = [service.name for service in services(ROOT) if not service.default]
    if not found:
        pytest.skip("there is no service but the default one")
    return found[0]


def commands(demo: str) -> list[str]:
    """Return the commands of an upgrade, with a service of this repository for the page's example."""
    _, block = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line.replace(REMOVED, demo) for line in block.splitlines()]


def expected_conflicts() -> list[str]:
    """Return the paths of the page's table."""
    return re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)


def test_clone_of_an_earlier_version_merges_the_present(tmp_path: Path) -> None:
    upstream = present(tmp_path / "upstream")
    demo = demo_service()
    ours = Checkout(tmp_path / "ours")
    upstream.git("clone", "--quiet", "--branch", "then", "--single-branch", str(upstream.folder), str(ours.folder))
    ours.git("switch", "--quiet", "--create", "main")
    ours.git("remote", "rename", "origin", "upstream")
    ours.git("config", "remote.upstream.fetch", "+refs/heads/*:refs/remotes/upstream/*")

    name, domain = RENAMED
    ours.make("rename-product", {"NAME": name, "DOMAIN": domain})
    ours.commit("Rename the product")
    ours.python("-m", "scaffold", "new", "--name", NEW)
    ours.commit("Add a service")
    ours.make("remove-service", {"NAME": demo})
    ours.commit("Remove a demo service")

    conflicts: list[str] = []
    for line in commands(demo):
        if line.startswith("make "):
            words = line.split()[1:]
            values = dict(word.split("=") for word in words if "=" in word)
            for target in (word for word in words if "=" not in word):
                ours.make(target, values)
            continue
        done = ours.run("bash", "-c", line)
        assert done.returncode == 0, f"{line}: {done.stdout}"
        if "git merge" in line:
            unmerged = ours.git("diff", "--name-only", "--diff-filter=U").splitlines()
            conflicts = [text.split()[-1] for text in done.stdout.splitlines() if text.startswith("CONFLICT")]
            print(f"{len(conflicts)} conflicts: {', '.join(conflicts)}; {len(unmerged)} unmerged", flush=True)
            assert [path for path in unmerged if not path.startswith(tuple(expected_conflicts()))] == []

    assert ours.git("status", "--porcelain") == ""
    assert [path for path in conflicts if not path.startswith(tuple(expected_conflicts()))] == []
    assert {service.name for service in services(ours.folder)} == {NEW, *(each.name for each in services(ROOT))} - {
        demo
    }
    # The version is that of the present.
    assert ours.run(GIT, "merge-base", "--is-ancestor", "upstream/main", "HEAD").returncode == 0
