"""Runs `package_zips.py` in a repository in which a script replaces Pants."""

import os
import subprocess
import sys

from tests.build_support.repository import Repository
from tests.build_support.scripts import load

package_zips = load("package_zips.py")

# Writes the zips as Pants does, and records the requested targets in `calls`. It runs the script `meanwhile` first.
PANTS = """#!{python}
import subprocess, sys, zipfile
from pathlib import Path

folder, *targets = sys.argv[1:]
Path("calls").open("a").write(" ".join(targets) + "\\n")
if Path("meanwhile").exists():
    subprocess.run(["sh", "meanwhile"], check=True)
if "::" in targets:
    targets = ["libs/common:", *(f"{{path.parent}}:" for path in sorted(Path(".").glob("services/*/handler.py")))]
for target in targets:
    source = Path(target.removesuffix(":"))
    name = source.name
    archive = "common-layer.zip" if name == "common" else f"{{name.replace('_', '-')}}.zip"
    with zipfile.ZipFile(Path(folder, archive), "w") as zipped:
        for path in sorted(source.glob("*.py")):
            zipped.write(path, f"python/common/{{path.name}}" if name == "common" else f"{{name}}/{{path.name}}")
        if name == "common":
            zipped.writestr("python/product.json", "{{}}")
        for wheel in Path(".wheels/arm64").glob("*.whl") if name == "common" else ():
            with zipfile.ZipFile(wheel) as members:
                for member in members.namelist():
                    zipped.writestr(f"python/{{member}}", members.read(member))
"""
ALL = "services/accounts: libs/common: services/orders:"
EVERY = ["accounts.zip", "common-layer.zip", "orders.zip"]
ORDERS = ["orders.zip"]


def write(repository: Repository, path: str, text: str) -> None:
    (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
    (repository.root / path).write_text(text)


def command(repository: Repository, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "LAMBDA_ARCH"}
    return subprocess.Popen(
        [sys.executable, str(repository.root / "build-support/package_zips.py"), *arguments],
        env={**environment, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def package(repository: Repository, *arguments: str, **settings: str) -> list[str]:
    """Package the changes, and return the targets of each call of Pants."""
    calls = repository.root / "calls"
    calls.unlink(missing_ok=True)
    with command(repository, *(arguments or ("--changed",)), **settings) as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    return calls.read_text().splitlines() if calls.exists() else []
