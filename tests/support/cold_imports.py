"""The modules that a cold start of a service imports, in order: `make imports` writes tests/<service>/imports.txt.

Each of them makes every cold start slower, and the order decides which module pays for what several need. Of the
standard library only the public packages are listed, because the rest changes with Python's patch releases.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from local_aws.commands.delivery import DIST, packaging
from monorepo.services import ROOT, default_service, services
from tests.support import cold_regexes
from tests.support.at_lambdas_paths import Unpacked

_PROGRAM: Final = """
import importlib, json
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print()
print(json.dumps([name for name in sys.modules if name not in before]))
"""


def cold_imports(unpacked: Unpacked, service: str) -> list[str]:
    """Return the modules that INIT of the service imports, in the order in which their imports end."""
    modules: list[str] = json.loads(unpacked.run(_PROGRAM, f"{service}.handler").splitlines()[-1])
    listed = (_public(name) for name in modules)
    return list(dict.fromkeys(filter(None, listed)))


def _public(module: str) -> str | None:
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return module
    return None if top.startswith("_") else top


def page_of(service: str) -> Path:
    """Return the path of the service's list."""
    return ROOT / "tests" / service / "imports.txt"


def main() -> None:
    """Package for this machine, and write the list of every service, and that of the layer's regular expressions."""
    with tempfile.TemporaryDirectory() as work, packaging(Path(work)) as packaged:
        packaged()
    for service in services():
        with tempfile.TemporaryDirectory() as folder:
            listed = cold_imports(Unpacked(DIST, service.name, Path(folder)), service.name)
        page_of(service.name).write_text("".join(f"{module}\n" for module in listed))
    with tempfile.TemporaryDirectory() as folder:
        regexes = cold_regexes.cold_regexes(Unpacked(DIST, default_service().name, Path(folder)))
    cold_regexes.PAGE.write_text(cold_regexes.text_of(regexes))


if __name__ == "__main__":
    main()
