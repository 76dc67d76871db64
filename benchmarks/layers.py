"""The folders of the subjects that are not services: their code, and the layer of the peers."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Final

from benchmarks.process import PYTHON, ROOT, WORK, BenchmarkError
from local_aws.commands.delivery import DIST, delivering, packaging
from local_aws.terraform.stack import StackError

LOCK: Final = ROOT / "benchmarks" / "peers.lock"
PEERS: Final = ROOT / "benchmarks" / "peers"


def compiled(folder: Path, mounted_at: str) -> None:
    """Write bytecode as the product's packaging does: unchecked, and for the paths on Lambda."""
    options = [
        "-q",
        "-q",
        "-f",
        "-j",
        "0",
        "-s",
        str(folder),
        "-p",
        mounted_at,
        "--invalidation-mode",
        "unchecked-hash",
    ]
    # Some packages have templates that are not Python, so the exit status says nothing.
    subprocess.run([PYTHON, "-W", "ignore", "-m", "compileall", *options, str(folder)], check=False)


def peers_layer(*, bytecode: bool) -> Path:
    """Return a folder for /opt with the packages of peers.lock; it is made once per lock."""
    digest = sha256(LOCK.read_bytes()).hexdigest()[:16]
    target = WORK / "layers" / f"{digest}{'' if bytecode else '-source'}"
    if not target.exists():
        half_done = target.with_suffix(".half-done")
        shutil.rmtree(half_done, ignore_errors=True)
        install = [str(ROOT / ".venv/bin/uv"), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        install += ["--python", str(ROOT / ".venv/bin/python"), "--target", str(half_done / "python"), "-r", str(LOCK)]
        subprocess.run(install, check=True)
        if bytecode:
            compiled(half_done, "/opt")
        half_done.rename(target)
    return target


def peers_task(*, bytecode: bool) -> Path:
    """Return a folder for /var/task with the code of all peers; it is made once per content."""
    digest = sha256(b"".join(file.read_bytes() for file in sorted(PEERS.glob("*.py")))).hexdigest()[:16]
    target = WORK / "peers" / f"{digest}{'' if bytecode else '-source'}"
    if not target.exists():
        half_done = target.with_suffix(".half-done")
        shutil.rmtree(half_done, ignore_errors=True)
        shutil.copytree(PEERS, half_done, ignore=shutil.ignore_patterns("__pycache__"))
        if bytecode:
            compiled(half_done, "/var/task")
        half_done.rename(target)
    return target


def packaged() -> Path:
    """Package the services for this machine's architecture, as far as they have changed; return the folder of the zips.

    Raises:
        BenchmarkError: Packaging failed.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        with delivering(), packaging(WORK) as finished:
            finished()
    except StackError as error:
        raise BenchmarkError(str(error)) from error
    return DIST
