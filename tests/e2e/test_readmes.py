"""The commands in the services' READMEs print the documented output."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local_aws.session import Session
from tests.support.deployed.signing import Signer
from tests.support.services import ROOT, SERVICES

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
END = "-- end of a command --"

# Values that differ between runs, and the placeholders that replace them before the comparison.
CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|\+00:00)"), "<time>"),
    (re.compile(r'(?<="id":)[0-9]{9,}'), "<id>"),
    (re.compile(r'(?<="request_id":")[^"]+'), "<request>"),
    (re.compile(r"(?<=cursor=)[\w-]+"), "<cursor>"),
)


def requests(service: str) -> list[tuple[str, str]]:
    """Return the commands of the service's README up to its first `make`, each with its documented output."""
    page = ROOT / "services" / service / "README.md"
    text = page.read_text() if page.exists() else ""
    found = [command for block in CONSOLE.findall(text) for command in COMMAND.findall(block)]
    return [(command, printed) for command, printed in found if not command.startswith("make ")]


def comparable(text: str) -> str:
    """Return the text with placeholders for the values that differ between runs."""
    for pattern, placeholder in CHANGING:
        text = pattern.sub(placeholder, text)
    return text.strip()


@pytest.mark.parametrize("service", [service for service in SERVICES if requests(service)])
def test_readme_commands_print_the_documented_output(
    session: Session, signer: Signer, service: str, tmp_path: Path
) -> None:
    given = requests(service)
    script = "\n".join(f"{command}\necho\necho '{END}'" for command, _ in given)
    script = script.replace("http://127.0.0.1:8000", session.url)
    finished = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f'curl() {{ command curl -sS "$@"; }}\n{script}'],
        cwd=tmp_path,
        # A README may use $A for the header with a token, and $U for the address.
        env=os.environ | {"A": f"Authorization: {signer.bearer(1)['Authorization']}", "U": session.url},
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
