"""Small zips for tests of deployment, in place of the packaged ones."""

import hashlib
import json
import zipfile
from pathlib import Path

from monorepo.services import services

NAMES = (*(service.name for service in services()), "common-layer")


def make_zips(folder: Path) -> None:
    """Fill the folder as `make package` does: a zip per service, the layer's, and the manifest with their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            path = "python/common/__init__.py" if name == "common-layer" else f"{name}/handler.py"
            archive.writestr(zipfile.ZipInfo(path), f'"""{name}."""\n')
    manifest = {f"{name}.zip": hashlib.sha256((folder / f"{name}.zip").read_bytes()).hexdigest() for name in NAMES}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def change(archive: Path) -> None:
    """Change the zip, as packaging an edited source would. The manifest keeps the old hash."""
    with zipfile.ZipFile(archive, "a") as members:
        members.writestr(zipfile.ZipInfo("edited.txt"), "")
