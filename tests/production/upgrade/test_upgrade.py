"""A clone of an earlier version, renamed, with a service more and a demo less, merges the present as the page says."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from monorepo.services import services
from tests.production.upgrade.checkout import GIT, Checkout, earlier
from tests.support.clone import ROOT, Clone

PAGE = ROOT / "docs" / "upgrading.md"
NEW = "halls"
# The example on the page.
REMOVED, RENAMED = "films", ("acme", "acme.example")
# Of `make check`, which takes minutes: what an upgrade can break in the new service and in generated files.
CHECKS = ["lint", "test-monorepo", "test-contract", "test-cost", f"test-{NEW}"]
CONFORMANCE = ("-m", "pytest", "-q", "tests/conformance/in_process", "tests/common/architecture", "-k", NEW)


def present(folder: Path) -> Checkout:
    """Return a clone whose main is the checkout as it is, edits included, and whose branch `then` is the earlier."""
    own = Checkout(ROOT)
    commit = earlier(own)
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

    (ours.folder / ".venv").symlink_to(sys.prefix)

    name, domain = RENAMED
    ours.make("rename-product", f"NAME={name}", f"DOMAIN={domain}")
    ours.commit("Rename the product")
    ours.make("new-service", f"NAME={NEW}")
    ours.commit("Add a service")
    ours.make("remove-service", f"NAME={demo}")
    ours.commit("Remove a demo service")

    conflicts: list[str] = []
    for line in commands(demo):
        if line.startswith("make "):
            targets = line.split()[1:]
            ours.make(*(CHECKS if targets == ["check"] else targets))
            continue
        done = ours.run("bash", "-c", line)
        assert done.returncode == 0, f"{line}: {done.stdout}"
        if "git merge" in line:
            unmerged = ours.git("diff", "--name-only", "--diff-filter=U").splitlines()
            conflicts = [text.split()[-1] for text in done.stdout.splitlines() if text.startswith("CONFLICT")]
            print(f"{len(conflicts)} conflicts: {', '.join(conflicts)}; {len(unmerged)} unmerged", flush=True)
            assert [path for path in unmerged if not path.startswith(tuple(expected_conflicts()))] == []

    ours.python(*CONFORMANCE)
    assert ours.git("status", "--porcelain") == ""
    assert [path for path in conflicts if not path.startswith(tuple(expected_conflicts()))] == []
    assert {service.name for service in services(ours.folder)} == {NEW, *(each.name for each in services(ROOT))} - {
        demo
    }
    # The version is that of the present.
    assert ours.run(GIT, "merge-base", "--is-ancestor", "upstream/main", "HEAD").returncode == 0
