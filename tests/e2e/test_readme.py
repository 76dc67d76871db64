"""The README's commands do what the README says, on an embedded AWS that nobody has used."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.session import Session
from tests.e2e.command import Up

README = (Path(__file__).parents[2] / "README.md").read_text()
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
END = "-- end of a command --"

# What differs from run to run, and what stands for it when two answers are compared.
CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|\+00:00)"), "<time>"),
    (re.compile(r'(?<="id":)[0-9]{9,}'), "<id>"),
    (re.compile(r'(?<="request_id":")[^"]+'), "<request>"),
    (re.compile(r"(?<=cursor=)[\w-]+"), "<cursor>"),
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded AWS that holds the demo data and nothing else."""
    with Up(tmp_path_factory.mktemp("readme") / "up") as up:
        up.wait_for("Serving on")
        yield Session.read(up.work).url
        assert up.end() == 0


def commands() -> list[tuple[str, str]]:
    """Each command of the section on the API, and what it is said to print."""
    section = README.partition("\n## The API\n")[2].partition("\n## ")[0]
    return [found for block in CONSOLE.findall(section) for found in COMMAND.findall(block)]


def comparable(text: str) -> str:
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text.strip()


def test_the_commands_of_the_readme_print_what_it_says(fresh: str, tmp_path: Path) -> None:
    given = commands()
    assert len(given) > 5
    script = "\n".join(f"{command}\necho\necho '{END}'" for command, _ in given)
    script = script.replace("http://127.0.0.1:8000", fresh)
    finished = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f'curl() {{ command curl -sS "$@"; }}\n{script}'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.stderr == ""
    printed = finished.stdout.split(END)[:-1]
    assert [(command, comparable(text)) for (command, _), text in zip(given, printed, strict=True)] == [
        (command, comparable(text)) for command, text in given
    ]
