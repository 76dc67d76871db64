"""Writes and deletes files, all of them or none."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scaffold.refusal import RefusedError


@contextmanager
def applied(root: Path, changes: Mapping[str, str | None]) -> Iterator[None]:
    """Write and delete files; undo everything if a write or the code below `with` fails or is interrupted.

    Args:
        root: The folder that the paths are relative to.
        changes: Path => new text of the file; None deletes it.
    """
    (root / ".local").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scaffold-", dir=root / ".local") as stage:
        before, after = Path(stage, "before"), Path(stage, "after")
        for path, text in changes.items():
            if text is not None:
                _write(after / path, text, like=root / path)
        try:
            for path, text in changes.items():
                if (root / path).exists():
                    _move(root / path, before / path)
                if text is not None:
                    _move(after / path, root / path)
            yield
        except BaseException:
            for path in changes:
                (root / path).unlink(missing_ok=True)
                if (before / path).exists():
                    _move(before / path, root / path)
            remove_empty_folders(root, changes)
            raise
        remove_empty_folders(root, changes)


@contextmanager
def applied_with_documents(root: Path, changes: Mapping[str, str | None]) -> Iterator[Mapping[str, str | None]]:
    """Do as `applied`, then write the generated pages and OpenAPI documents again; yield all changes.

    Raises:
        RefusedError: The documents cannot be created from the changed code.
    """
    with applied(root, changes):
        put_into_standard_form(root, changes)
        # In another process, which imports the code as it is now.
        environment = os.environ | {"PYTHONPATH": "tools:libs:services"}
        shown: dict[str, str | None] = {}
        for module in ("contract", "cost"):
            shown |= json.loads(_run(root, sys.executable, "-m", module, "show", **environment))
        documents = {path: text for path, text in shown.items() if text is None or text != _text(root / path)}
        with applied(root, documents):
            yield {**changes, **documents}


def remove_empty_folders(root: Path, paths: Mapping[str, object]) -> None:
    """Remove the folders of these paths that are empty or contain only bytecode."""
    folders = {folder for path in paths for folder in Path(path).parents[:-1]}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        place = root / folder
        if place.is_dir() and {entry.name for entry in place.iterdir()} <= {"__pycache__"}:
            shutil.rmtree(place)


def put_into_standard_form(root: Path, paths: Mapping[str, str | None]) -> None:
    """Sort the imports of these files and format them, as `make lint` requires.

    Raises:
        RefusedError: ruff or Terraform cannot read a file.
    """
    written = [path for path, text in paths.items() if text is not None]
    python = [path for path in written if path.endswith(".py")]
    terraform = [path for path in written if path.endswith((".tf", ".tfvars", ".tftest.hcl"))]
    ruff = [sys.executable, "-m", "ruff"]
    if python:
        _run(root, *ruff, "check", "--quiet", "--fix", "--select", "I", *python)
        _run(root, *ruff, "format", "--quiet", *python)
    if terraform and shutil.which("terraform"):
        _run(root, "terraform", "fmt", *terraform)


def _run(root: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment or None, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RefusedError(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def _write(path: Path, text: str, *, like: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if like.exists():
        path.chmod(like.stat().st_mode)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
