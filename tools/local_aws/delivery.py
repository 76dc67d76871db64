"""From source to an applied stack: packages for this machine's architecture, then Terraform."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from local_aws.stack import Stack, StackError

ROOT = Path(__file__).parents[2]
# Apart from dist/, which holds what is meant for AWS.
DIST = ROOT / ".local" / "dist"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
SHOWN_LINES = 40


def stack(work: Path, control_plane: Mapping[str, str], variables: Mapping[str, str]) -> Stack:
    """Return the unchanged Terraform root, aimed at the control plane and at this machine's packages."""
    root = ROOT / "terraform"
    of_this_machine = {"architecture": architecture(), "dist_dir": os.path.relpath(DIST, root)}
    return Stack(root, work / "stack", control_plane, {**of_this_machine, **variables})


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


def package(work: Path) -> None:
    """Build the zips of this machine's architecture.

    Raises:
        StackError: They could not be built; the last lines of the build say why.
    """
    log = work / "package.log"
    with (
        log.open("wb") as output,
        # The tether ends Pants and all of its processes when this process ends, however it ends.
        subprocess.Popen(
            [sys.executable, "-m", "local_aws.tether", str(ROOT / "build-support" / "package"), str(DIST)],
            env=os.environ | {"LAMBDA_ARCH": architecture(), "PYTHONPATH": str(ROOT / "tools")},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        code = process.wait()
    if code:
        last = log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        raise StackError("\n".join(["packaging failed; its last lines are:", *last]))


def step(what: str, do: Callable[[], object]) -> None:
    """Do something, saying what and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.monotonic()
    do()
    print(f"{time.monotonic() - started:.1f} s", flush=True)
