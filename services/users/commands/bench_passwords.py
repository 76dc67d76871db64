"""Measures the CPU time of one password hash on this machine, and computes its time in a Lambda function.

Prints a table in Markdown. Only the CPU time is measured. The rest is computed: Lambda gives CPU in proportion to
memory, and one vCPU at 1,769 MB (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html); one hash runs
on one vCPU, so more memory than that makes it no faster.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from users.argon2_adapter import Argon2Hasher

ONE_VCPU_MB = 1769
MEMORY_MB = (256, 512, 1024, 1769, 3008)
PASSWORD = "correct horse battery staple"  # noqa: S105 - not a real password


def cpu_seconds(call: Callable[[], object], repeat: int) -> float:
    """Return the median CPU time of a call, after one call to warm up."""
    call()
    taken = []
    for _ in range(repeat):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def wait_seconds(cpu: float, memory_mb: float) -> float:
    """Return the time that a function of that memory size takes for `cpu` seconds on one vCPU."""
    return cpu * ONE_VCPU_MB / min(memory_mb, ONE_VCPU_MB)


def processor() -> str:
    """Return the name of this machine's processor, as Linux reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def table(hashing: float, verifying: float) -> str:
    """Return the measured and computed times as a Markdown table."""
    measured = f"CPU time of hashing {hashing * 1000:.0f} ms, of verifying {verifying * 1000:.0f} ms"
    head = [
        f"Measured on {processor()}: {measured}.",
        "",
        "| memory of the function | verifying (computed) |",
        "|---|---|",
    ]
    rows = [f"| {size:,} MB | {wait_seconds(verifying, size) * 1000:.0f} ms |" for size in MEMORY_MB]
    return "\n".join([*head, *rows])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=50, help="hashes to take the median of")
    repeat = parser.parse_args().repeat
    hasher = Argon2Hasher()
    kept = hasher.hash(PASSWORD)
    print(
        table(
            cpu_seconds(lambda: hasher.hash(PASSWORD), repeat),
            cpu_seconds(lambda: hasher.matches(PASSWORD, kept), repeat),
        )
    )


if __name__ == "__main__":
    main()
