"""Write the complete platforms: Pex's description of Lambda's python3.13, to choose wheels without running there."""

import argparse
import json
import sys
from pathlib import Path

from packaging.tags import compatible_tags, cpython_tags

_PYTHON = (3, 13)
# python3.13 runs on Amazon Linux 2023, whose C library is glibc 2.34. Wheels name older versions, down to these.
_GLIBC = 34
_OLDEST_GLIBC = {"aarch64": 17, "x86_64": 5}
_LEGACY_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
# As Lambda's `architectures` names them.
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


def platform_tags(machine: str) -> list[str]:
    """Return the platform tags of wheels that run on Lambda's `machine`, the most specific first."""
    tags = []
    for minor in range(_GLIBC, _OLDEST_GLIBC[machine] - 1, -1):
        tags.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY_NAMES:
            tags.append(f"{_LEGACY_NAMES[minor]}_{machine}")
    return [*tags, f"linux_{machine}"]


def complete_platform(machine: str) -> dict[str, object]:
    """Return Pex's description of CPython 3.13 on Lambda's `machine`."""
    platforms = platform_tags(machine)
    version = ".".join(map(str, _PYTHON))
    abi = f"cp{version.replace('.', '')}"
    return {
        "compatible_tags": [
            *map(str, cpython_tags(_PYTHON, [abi], platforms)),
            *map(str, compatible_tags(_PYTHON, abi, platforms)),
        ],
        "marker_environment": {
            "implementation_name": "cpython",
            "implementation_version": f"{version}.0",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{version}.0",
            "python_version": version,
            "sys_platform": "linux",
        },
    }


def main() -> int:
    """Write the files next to this script, or with `--check` only report outdated ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = 0
    for architecture, machine in _MACHINES.items():
        path = Path(__file__).with_name(f"py313_{architecture}.json")
        text = json.dumps(complete_platform(machine), indent=2) + "\n"
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} is stale: run {Path(__file__).name}", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
