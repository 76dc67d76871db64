"""Print the suites that a change can break, as two lines of outputs for GitHub Actions.

    CHANGED_SINCE=<commit> build-support/changed_suites.py SUITE...

Pants knows which code depends on a changed file. It does not know which files a test reads or finds when it runs, so
suites that find services, and every suite after a change outside the sources, run always. Without CHANGED_SINCE, all
suites run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# Pants knows what depends on the Python modules here, but not what reads other files.
BY_DEPENDENCIES: Final = ("libs/", "tests/", "tools/")
# Nothing in these is read by the suite of a single service.
NO_SUITE: Final = ("docs/", ".github/", "terraform/", "benchmarks/")


def changed_files(since: str) -> list[str]:
    """Return the paths that differ between the common ancestor with a commit and now."""
    base = _run("git", "merge-base", since, "HEAD").strip()
    return _run("git", "diff", "--name-only", "--no-renames", base).splitlines()


def dependent_folders(since: str) -> set[str]:
    """Return the folders of all targets that depend on a change, such as `tests/common`."""
    base = _run("git", "merge-base", since, "HEAD").strip()
    listed = _run("build-support/pants", f"--changed-since={base}", "--changed-dependents=transitive", "list")
    return {address.partition(":")[0] for address in listed.splitlines() if "/" in address}


def selected(suites: Sequence[str], services: Iterable[str], files: Sequence[str], folders: Iterable[str]) -> list[str]:
    """Return the suites to run.

    Args:
        suites: All of them. Those that are neither a service's nor `common` always run.
        services: The names of the services.
        files: The changed files.
        folders: The folders of the targets that depend on them.
    """
    own = [f"{parent}/{service}/" for service in services for parent in ("services", "tests")]
    if not all(_is_limited(path, own) for path in files):
        return list(suites)
    optional = {"common", *services}
    affected = {path.split("/")[1] for path in files if path.startswith(tuple(own))}
    affected |= {folder.split("/")[1] for folder in folders if folder.startswith("tests/")}
    return [suite for suite in suites if suite not in optional or suite in affected]


def _is_limited(path: str, own: Iterable[str]) -> bool:
    """Return whether Pants, or the folder of a service, tells which suites a change of the file can break."""
    return (
        path.endswith(".md")
        or path.startswith((*own, *NO_SUITE))
        or (path.endswith(".py") and path.startswith(BY_DEPENDENCIES))
    )


def _run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - no shell


def main(suites: Sequence[str]) -> None:
    """Print the outputs `suites`, a JSON list, and `all`, whether it has every suite."""
    chosen = list(suites)
    if since := os.environ.get("CHANGED_SINCE"):
        services = [file.parent.name for file in ROOT.glob("services/*/service.yaml")]
        chosen = selected(suites, services, changed_files(since), dependent_folders(since))
    print(f"suites={json.dumps(chosen)}")
    print(f"all={json.dumps(chosen == list(suites))}")


if __name__ == "__main__":
    main(sys.argv[1:])
