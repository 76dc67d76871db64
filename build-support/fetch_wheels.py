"""Fill .wheels/<architecture> with exactly the wheels that runtime.lock pins, and verify their SHA-256.

Pants does not verify packages against a lock of this format, so it gets its wheels from this folder.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class WheelError(Exception):
    """A wheel cannot be downloaded or verified; the message is one line."""


class Pin(NamedTuple):
    """The entry of one distribution in a lock file."""

    requirement: str
    hashes: frozenset[str]


def fetch(root: Path, architecture: str) -> None:
    """Download the missing wheels of repository `root` for Lambda's `architecture`, and verify all wheels.

    Raises:
        WheelError: The SHA-256 of a wheel is not in the lock, or pip cannot download a wheel.
    """
    pins = read_lock(root / "3rdparty/python/runtime.lock")
    runs_on = platforms(root, architecture)
    folder = root / ".wheels" / architecture
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if _pinned_as(path) not in pins:
            path.unlink()
    verify(folder, pins)
    missing = pins.keys() - {_pinned_as(path) for path in folder.iterdir()}
    if missing:
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            _download([pins[name].requirement for name in sorted(missing)], runs_on, Path(work))
            for path in Path(work).glob("*.whl"):
                path.replace(folder / path.name)
        verify(folder, pins)


def read_lock(lock: Path) -> dict[str, Pin]:
    """Return a lock file's pins, keyed as `name==version` with a normalized name."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.split()[0]: Pin(line, frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))) for line in lines}


def verify(folder: Path, pins: dict[str, Pin]) -> None:
    """Compare every wheel in `folder` with its pin.

    Raises:
        WheelError: The SHA-256 of a wheel is not in its pin.
    """
    for path in sorted(folder.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest not in pins[_pinned_as(path)].hashes:
            raise WheelError(
                f"{path.name} has SHA-256 {digest}, which is not in runtime.lock: delete the wheel, then package again"
            )


def _pinned_as(wheel: Path) -> str:
    name, _, rest = wheel.name.partition("-")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={rest.partition('-')[0]}"


def platforms(root: Path, architecture: str) -> list[str]:
    """Return the platform tags of wheels that run on Lambda's `architecture`.

    Raises:
        WheelError: Lambda does not support the architecture.
    """
    path = root / f"build-support/lambda/py313_{architecture}.json"
    if not path.is_file():
        raise WheelError(f"LAMBDA_ARCH is {architecture!r}: set it to arm64 or x86_64")
    tags = json.loads(path.read_text(encoding="utf-8"))["compatible_tags"]
    return sorted({tag.rsplit("-", 1)[1] for tag in tags} - {"any"})


def _download(requirements: list[str], runs_on: list[str], folder: Path) -> None:
    lock = folder / "missing.lock"
    lock.write_text("\n".join(requirements), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(lock)]
    command += ["--implementation=cp", "--python-version=3.13", "--abi=cp313", "--abi=abi3", "--abi=none"]
    command += [f"--platform={platform}" for platform in runs_on]
    pip = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if pip.returncode:
        lines = pip.stderr.splitlines()
        said = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it said nothing")
        raise WheelError(f"pip cannot download the wheels that runtime.lock pins: {said}")


def main() -> int:
    """Fetch the wheels of this repository for LAMBDA_ARCH; return the exit code."""
    try:
        fetch(Path(__file__).resolve().parents[1], os.environ.get("LAMBDA_ARCH", "arm64"))
    except WheelError as error:
        print(f"fetch_wheels: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
