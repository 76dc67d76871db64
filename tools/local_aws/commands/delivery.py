"""Packages for this machine's architecture, and sets up Terraform to apply the packages."""

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
# Separate from dist/, which holds the zips for AWS.
DIST = ROOT / ".local" / "dist"
PACKAGE = ROOT / "build-support" / "package"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
SHOWN_LINES = 40


def stack(work: Path, control_plane: Mapping[str, str], variables: Mapping[str, str]) -> Stack:
    """Return the unchanged Terraform root, with the control plane and this machine's packages.

    Raises:
        StackError: The host's environment sets a variable of the root, which would only hold for this command.
    """
    refuse_variables(os.environ)
    root = ROOT / "terraform"
    of_this_machine = {
        "architecture": architecture(),
        "dist_dir": os.path.relpath(DIST, root),
        "local_values": "true",
        "deletion_protection": "false",
    }
    return Stack(root, work / "stack", control_plane, {**of_this_machine, **variables}, data=work / "terraform")


def demo_files(tables: Mapping[str, str]) -> dict[str, Path]:
    """Return the demo data of each table.

    Args:
        tables: Service => name of its table.
    """
    return {table: ROOT / "services" / service / "demo.json" for service, table in tables.items()}


def refuse_variables(host: Mapping[str, str]) -> None:
    """Reject `TF_VAR_*`, because a later `make deploy-local` in another terminal would not have them.

    Raises:
        StackError: The environment sets such a variable.
    """
    found = sorted(name for name in host if name.startswith("TF_VAR_"))
    if found:
        name = found[0].removeprefix("TF_VAR_")
        raise StackError(
            f"{', '.join(found)} in the environment: not used here. "
            f"Unset it, and give the value to `make up` instead: ARGS='--var {name}=...'"
        )


def architecture() -> str:
    """Return Lambda's name for this machine's architecture.

    Raises:
        StackError: Lambda does not support this architecture.
    """
    machine = platform.machine()
    try:
        return ARCHITECTURES[machine]
    except KeyError:
        raise StackError(f"Lambda does not support {machine} processors") from None


@contextmanager
def packaging(work: Path, program: Path = PACKAGE) -> Iterator[Callable[[], None]]:
    """Build the zips whose inputs have changed, for this machine's architecture, in the background.

    The yielded function waits for the build; leaving the block earlier ends it.

    Raises:
        StackError: On waiting, when the build failed; the message has its last lines.
    """
    log = work / "package.log"
    with (
        log.open("wb") as output,
        # The tether ends Pants and all of its processes when this process ends, even if it is killed.
        subprocess.Popen(
            [sys.executable, "-m", "local_aws.tether", str(program), "--changed", str(DIST)],
            env=os.environ | {"LAMBDA_ARCH": architecture(), "PYTHONPATH": str(ROOT / "tools")},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o022,  # Pants' caches and its daemon outlive this command.
        ) as process,
    ):
        yield partial(_packaged, process, log)


def _packaged(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.wait():
        last = log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        raise StackError("\n".join(["packaging failed; its last lines are:", *last]))


@contextmanager
def delivering(dist: Path = DIST) -> Iterator[None]:
    """Hold the clone's lock for packaging and applying; print a line and wait while another command holds it.

    The kernel releases the lock when this process ends, even if it is killed.
    """
    dist.mkdir(parents=True, exist_ok=True)
    # Not inherited by children: a surviving child must not keep the lock.
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
    """Run a step, and print its name and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.monotonic()
    do()
    print(f"{time.monotonic() - started:.1f} s", flush=True)
