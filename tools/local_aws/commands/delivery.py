"""From source to an applied stack: packages for this machine's architecture, then Terraform."""

import fcntl
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from local_aws.terraform.stack import Stack, StackError

ROOT = Path(__file__).parents[3]
# Apart from dist/, which holds what is meant for AWS.
DIST = ROOT / ".local" / "dist"
PACKAGE = ROOT / "build-support" / "package"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
SHOWN_LINES = 40


def stack(work: Path, control_plane: Mapping[str, str], variables: Mapping[str, str]) -> Stack:
    """Return the unchanged Terraform root, aimed at the control plane and at this machine's packages."""
    root = ROOT / "terraform"
    of_this_machine = {
        "architecture": architecture(),
        "dist_dir": os.path.relpath(DIST, root),
        "local_values": "true",
    }
    return Stack(root, work / "stack", control_plane, {**of_this_machine, **variables}, data=work / "terraform")


def demo_files(tables: Mapping[str, str]) -> dict[str, Path]:
    """Return the demo data of each table.

    Args:
        tables: Service => name of its table.
    """
    return {table: ROOT / "services" / service / "demo.json" for service, table in tables.items()}


def architecture() -> str:
    """Return what Lambda calls this machine's architecture.

    Raises:
        StackError: Lambda has no such architecture.
    """
    machine = platform.machine()
    try:
        return ARCHITECTURES[machine]
    except KeyError:
        raise StackError(f"Lambda runs no code for {machine} processors") from None


@contextmanager
def packaging(work: Path, program: Path = PACKAGE) -> Iterator[Callable[[], None]]:
    """Build, meanwhile, those zips of this machine's architecture of which an input has changed.

    What is yielded waits for them; leaving the block earlier ends the build.

    Raises:
        StackError: on waiting: they could not be built; the last lines of the build say why.
    """
    log = work / "package.log"
    with (
        log.open("wb") as output,
        # The tether ends Pants and all of its processes when this process ends, however it ends.
        subprocess.Popen(
            [sys.executable, "-m", "local_aws.tether", str(program), "--changed", str(DIST)],
            env=os.environ | {"LAMBDA_ARCH": architecture(), "PYTHONPATH": str(ROOT / "tools")},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        yield partial(_packaged, process, log)


def _packaged(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.wait():
        last = log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        raise StackError("\n".join(["packaging failed; its last lines are:", *last]))


@contextmanager
def delivering(dist: Path = DIST) -> Iterator[None]:
    """Be the only one in this clone who packages and applies what was packaged; wait for another one, and say so.

    The kernel lets go of the lock when this process ends, however it ends.
    """
    dist.mkdir(parents=True, exist_ok=True)
    # Not inherited by children: one that outlived us must not keep the lock.
    descriptor = os.open(dist / ".delivering", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command that packages in this clone.", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def step(what: str, do: Callable[[], object]) -> None:
    """Do something, saying what and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.monotonic()
    do()
    print(f"{time.monotonic() - started:.1f} s", flush=True)
