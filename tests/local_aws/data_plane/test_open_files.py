import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parents[3] / "tools"
PROGRAM = """
import resource
from local_aws.data_plane.open_files import allow_many_open_files
allow_many_open_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limited(soft: int, hard: int) -> tuple[str, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$0" -c "$1"', sys.executable, PROGRAM],
        env={"PYTHONPATH": str(TOOLS)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip(), done.stderr.strip()


def test_open_files_limit_is_raised_to_the_maximum() -> None:
    assert limited(256, 3000) == ("3000 3000", "")


def test_warning_about_too_few_open_files() -> None:
    warning = (
        "only 1500 files may be open here: connections beyond about 452 have to wait; `ulimit -Hn 2048` allows 1,000"
    )
    assert limited(256, 1500) == ("1500 1500", warning)
