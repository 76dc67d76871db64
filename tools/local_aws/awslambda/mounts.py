"""Mounts the folders of an execution environment at Lambda's paths, in its own mount namespace if Linux allows it.

Code, layers and runtime are read-only; /tmp is empty, limited in size, and removed with the process
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). If the kernel or a container forbids
unprivileged namespaces, the folders stay where they were unpacked, and TMPDIR names the environment's own folder.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# /tmp is last because the other sources may be below the host's /tmp.
_SCRIPT = """
PATH_OF_THE_FUNCTION=$PATH
PATH=/usr/bin:/bin:/usr/sbin:/sbin
mount -t tmpfs -o size=1m,mode=755 tmpfs /var
mkdir /var/task /var/runtime /var/rapid
mount -o bind,ro "$1" /var/task
mount -o bind,ro "$2" /var/runtime
mount -o bind,ro "$3" /opt
[ -z "$5" ] || mount -o bind,ro "$5" /var/rapid
mount -t tmpfs -o "size=$4m,mode=1777" tmpfs /tmp
cd /var/task
PATH=$PATH_OF_THE_FUNCTION
unset PATH_OF_THE_FUNCTION
shift 5
exec "$@"
"""
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that Lambda mounts into an environment: the function's code, its layers, the runtime, and /tmp."""

    task: Path
    opt: Path
    runtime: Path
    tmp: Path

    @property
    def import_path(self) -> list[str]:
        """The order in which Lambda's Python imports (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html)."""
        python = self.opt / "python"
        return [str(folder) for folder in (self.task, python / "lib/python3.13/site-packages", python, self.runtime)]


LAMBDA = Folders(Path("/var/task"), Path("/opt"), Path("/var/runtime"), Path("/tmp"))  # noqa: S108 - Lambda's
RAPID = Path("/var/rapid")  # where Lambda and the SAM CLI have the program that starts the runtime


def mounted(command: Sequence[str], folders: Folders, tmp_size: int, rapid: Path | None = None) -> list[str]:
    """Return the command that runs `command` with `folders` at Lambda's paths and `tmp_size` MB of /tmp.

    The folder `rapid` is mounted at RAPID, for files of `command` that the mounts on /tmp, /var and /opt would hide.
    The process keeps its id, because each step replaces the one before it.
    """
    places = (str(folders.task), str(folders.runtime), str(folders.opt), str(tmp_size), str(rapid or ""))
    # Full paths, because the function's PATH may contain neither.
    unshare, shell = (shutil.which(name) or name for name in ("unshare", "sh"))
    return [unshare, "--user", "--map-root-user", "--mount", shell, "-ec", _SCRIPT, "sh", *places, *command]


def can_mount(work: Path) -> bool:
    """Return whether a process can have its own mounts here without hiding files that it needs."""
    hidden = (LAMBDA.opt, Path("/var"))
    interpreter = Path(sys.base_prefix).resolve()
    if interpreter.is_relative_to(LAMBDA.tmp):
        return False
    if any(path.is_relative_to(folder) for path in (interpreter, work.resolve()) for folder in hidden):
        return False
    if not (shutil.which("unshare") and shutil.which("mount")):
        return False
    try:
        probe = mounted(["true"], Folders(work, work, work, work), 1)
        return subprocess.run(probe, capture_output=True, timeout=_SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
