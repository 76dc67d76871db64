"""No file outside a service's two folders has its name, except changelog and decisions."""

import re
import subprocess

import pytest

from monorepo.services import ROOT, services

SERVICES = [service.name for service in services()]
# The history, and the path of the token endpoint, which depends on the service that issues tokens.
ELSEWHERE = ("CHANGELOG.md", "docs/decisions/", "product.json", "3rdparty/python/")


def texts() -> dict[str, str]:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    files = {name: ROOT / name for name in found if name and not name.startswith(ELSEWHERE)}
    found_texts = {}
    for name, path in files.items():
        if path.is_file():
            try:
                found_texts[name] = path.read_text()
            except UnicodeDecodeError:
                continue
    return found_texts


TEXTS = texts()


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_named_in_its_two_folders_only(service: str) -> None:
    word = re.compile(rf"(?<![\w-]){service}(?![\w-])")
    own = (f"services/{service}/", f"tests/{service}/")
    lines = [
        f"{name}: {line.strip()}"
        for name, text in TEXTS.items()
        if not name.startswith(own)
        for line in text.splitlines()
        if word.search(line)
    ]
    assert lines == []
