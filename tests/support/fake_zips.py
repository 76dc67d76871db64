"""Small zips for tests of deployment, in place of the packaged ones."""

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

from monorepo.services import services

SERVICES = tuple(service.name for service in services())
SHARED = ("common-layer", "release-hook")


def make_zips(folder: Path, architecture: str = "arm64", services: Iterable[str] = SERVICES) -> None:
    """Fill the folder as `make package` does: a zip per service, those that all share, and the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (*services, *SHARED)
    for name in names:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            path = "python/common/__init__.py" if name == "common-layer" else f"{name.replace('-', '_')}/handler.py"
            archive.writestr(zipfile.ZipInfo(path), f'"""{name}."""\n')
    zips = {f"{name}.zip": hashlib.sha256((folder / f"{name}.zip").read_bytes()).hexdigest() for name in names}
    (folder / "manifest.json").write_text(json.dumps({"architecture": architecture, "zips": zips}))


def change(archive: Path) -> None:
    """Change the zip, as packaging an edited source would. The manifest keeps the old hash."""
    with zipfile.ZipFile(archive, "a") as members:
        members.writestr(zipfile.ZipInfo("edited.txt"), "")
