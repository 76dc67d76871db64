"""Measure, in a temporary clone: `make up` to its first response, and an edit of a route until it is served.

Each figure is followed by the seconds of its steps, as the commands print them. The clone contains the committed files
and copies of Pants, the wheels and the provider of this one. Everything is packaged once before the measurement.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600.0
ROUTE = """

@router.get("/edits/{number}")
async def edit_{number}() -> int:
    return {number}
"""


def default_service(root: Path) -> str:
    """Return the name of the default service, which is edited."""
    files = sorted(root.glob("services/*/service.yaml"))
    return next(file.parent.name for file in files if re.search(r"^default: true$", file.read_text(), re.MULTILINE))


@contextmanager
def cloned() -> Iterator[Path]:
    """Clone the repository with the caches of a used clone; remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-deploy-") as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)  # noqa: S603, S607 - no shell
        for name in (".pants.pypi", ".wheels", ".local/plugins"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, clone / name, symlinks=True)
        make(clone, "setup")
        yield clone


def make(clone: Path, target: str) -> str:
    """Run a target without this command's own ARGS, and return its output."""
    command = ["make", "--no-print-directory", "ARGS=", target]
    return subprocess.run(command, cwd=clone, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - no shell


@contextmanager
def up(clone: Path) -> Iterator[tuple[str, str]]:
    """Serve while the block runs; yield the API's address and the output before the first response."""
    with subprocess.Popen(
        ["make", "--no-print-directory", "ARGS=", "PORT=0", "up"],  # noqa: S607 - make from PATH
        cwd=clone,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout  # noqa: S101 - for the type checker
        try:
            said = ""
            while (serving := re.search(r"Serving on (\S+)", said)) is None:
                line = process.stdout.readline()
                if not line:
                    raise SystemExit(f"make up failed:\n{said}")
                said += line
            wait_for(f"{serving[1]}/")
            yield serving[1], said
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate()


def wait_for(address: str) -> None:
    """Wait until a GET of the address succeeds."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=30):  # noqa: S310 - ours, http on loopback
                return
        except urllib.error.HTTPError:
            time.sleep(0.02)
    raise SystemExit(f"no response from {address}")


def report(what: str, seconds: float, said: str) -> None:
    """Print a figure, its steps, and the machine's load, which makes every figure larger."""
    steps = re.findall(r"^(.+?) \.\.\. ([\d.]+) s$", said, re.MULTILINE)
    shown = ", ".join(f"{name.partition(' (')[0]} {step}" for name, step in steps)
    print(f"{what:<28} {seconds:5.1f} s   ({shown}; load {os.getloadavg()[0]:.1f})", flush=True)


def main() -> int:
    """Measure the given number of times; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="number of measurements of each")
    repeat = parser.parse_args().repeat
    service = default_service(ROOT)
    edited = f"services/{service}/routes.py"
    print("Making a clone, and packaging there once ...", flush=True)
    with cloned() as clone:
        with up(clone):
            pass
        for number in range(1, repeat + 1):
            began = time.monotonic()
            with up(clone) as (url, steps):
                report("make up to first response", time.monotonic() - began, steps)
                if number < repeat:
                    continue
                for edit in range(1, repeat + 1):
                    began = time.monotonic()
                    with (clone / edited).open("a", encoding="utf-8") as routes:
                        routes.write(ROUTE.replace("{number}", str(edit)))
                    said = make(clone, "deploy-local")
                    wait_for(f"{url}/api/v1/{service}/edits/{edit}")
                    report("edit to response", time.monotonic() - began, said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
