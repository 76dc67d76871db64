"""Processes of subjects at Lambda's paths, each subject in mounts of its own."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from local_aws.awslambda.mounts import LAMBDA, Folders, can_mount, mounted
from local_aws.awslambda.runtime_folder import base_interpreter, make_runtime_folder

ROOT: Final = Path(__file__).parents[1]
WORK: Final = ROOT / ".local" / "benchmarks"
TMP_SIZE: Final = 512  # MB, as Lambda's default

PYTHON: Final = str(base_interpreter())
# As Lambda's bootstrap: nothing of the machine's Python packages (-S), and no bytecode written (-B).
INTERPRETER: Final = (PYTHON, "-S", "-P", "-B")


class BenchmarkError(Exception):
    """A subject cannot run, or does something other than it must."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A function to run.

    Attributes:
        name: Shown in the tables.
        task: Folder for /var/task.
        opt: Folder for /opt.
        arguments: Of the module.
        variables: The whole environment of its process, but for the address of the Runtime API.
        module: Run by the interpreter: AWS's runtime client, whose argument is the handler, or another one.
        path: Further folders to import from, after Lambda's.
    """

    name: str
    task: Path
    opt: Path
    arguments: Sequence[str]
    variables: Mapping[str, str]
    module: str = "awslambdaric"
    path: Sequence[Path] = field(default=())

    @property
    def command(self) -> list[str]:
        """The command of its process."""
        return [*INTERPRETER, "-m", self.module, *self.arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its process."""
        folders = [*LAMBDA.import_path, *map(str, self.path)]
        return {**self.variables, "PYTHONPATH": ":".join(folders)}


class Launched:
    """A launcher in the mounts of a subject. Use as a context manager, or call `close`."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        # Other runs may be at the same time.
        self.output = WORK / "output" / f"{os.getpid()}-{sha256(subject.name.encode()).hexdigest()[:16]}.log"
        self.output.parent.mkdir(parents=True, exist_ok=True)
        folders = Folders(subject.task, subject.opt, runtime(), WORK)
        launcher = [*INTERPRETER, "-m", "benchmarks.inside.launcher"]
        self._process = subprocess.Popen(
            mounted(launcher, folders, TMP_SIZE),
            env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the subject's process and the launcher."""
        self._process.communicate()
        self.output.unlink(missing_ok=True)

    def start(self) -> dict[str, Any]:
        """Start a process; return the seconds and CPU seconds of its INIT phase."""
        subject = self.subject
        return self._ask("start", command=subject.command, variables=subject.environment, output=str(self.output))

    def invoke(self, event: str, trace: str, times: int = 1) -> dict[str, Any]:
        """Invoke the process; return the seconds and CPU seconds of each time, and the last response."""
        return self._ask("invoke", event=event, trace=trace, times=times)

    def end(self) -> dict[str, Any]:
        """End the process; return its CPU seconds and its peak memory in bytes."""
        return self._ask("end")

    def _ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - they are pipes
        assert self._process.stdout is not None  # noqa: S101 - they are pipes
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        result: dict[str, Any] = json.loads(line) if line else {"error": "the launcher ended"}
        if "error" in result:
            output = self.output.read_text(errors="replace")[-3000:] if self.output.exists() else ""
            raise BenchmarkError(f"{self.subject.name}: {result['error']}\n{output}")
        return result


def runtime() -> Path:
    """Return the folder for /var/runtime, with AWS's runtime client."""
    return make_runtime_folder(WORK / "runtime")


def without_mounts(root: Path = ROOT) -> str:
    """Return why processes cannot have their own mounts here, in a sentence, or an empty string."""
    WORK.mkdir(parents=True, exist_ok=True)
    if root.is_relative_to(LAMBDA.tmp):
        return f"The benchmarks cannot run in {root}: a function's own {LAMBDA.tmp} would hide it. Clone it elsewhere."
    if not can_mount(WORK):
        return (
            "The benchmarks need mount namespaces of their own (unshare and mount of util-linux, and a kernel or "
            "container that allows unprivileged user namespaces), because bytecode is bound to Lambda's paths."
        )
    return ""


def require_mounts() -> None:
    """Exit with a sentence if processes cannot have their own mounts here."""
    if reason := without_mounts():
        sys.exit(reason)


def unpacked(archive: Path) -> Path:
    """Return the folder with the content of a zip; it is unpacked once per content."""
    target = WORK / "packages" / sha256(archive.read_bytes()).hexdigest()[:32]
    if not target.exists():
        half_done = target.with_suffix(".half-done")
        shutil.rmtree(half_done, ignore_errors=True)
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(half_done)
        half_done.rename(target)
    return target
