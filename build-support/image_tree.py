"""Write the files of a service's image to a folder: what Lambda unpacks of its zip and of the layer, at the same paths.

build-support/image/Dockerfile runs it with the Python of its base image, so it needs only the standard library:
image_tree.py --service NAME --architecture arm64 DIST FOLDER
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

# Of every file and folder, as in the zips, so that the same files make the same layers of an image: 1980-01-01.
_TIME = 315_532_800


class ImageError(Exception):
    """The image cannot be made; the message says why in one line."""


def write_tree(dist: Path, service: str, architecture: str, folder: Path) -> None:
    """Replace `folder` by the files of the image of `service` for `architecture`, from the finished zips in `dist`.

    Raises:
        ImageError: A zip is missing, is not the one that was finished, or was packaged for another architecture.
    """
    layer, task = (read_finished(dist, name, architecture) for name in ("common-layer.zip", f"{service}.zip"))
    shutil.rmtree(folder, ignore_errors=True)
    for path, unpacked_at in ((layer, "opt"), (task, "var/task")):
        (folder / unpacked_at).mkdir(parents=True)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / unpacked_at)
    # The function's process is neither root nor the owner, and must be able to read everything.
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_TIME, _TIME))


def read_finished(dist: Path, name: str, architecture: str) -> Path:
    """Return the path of a zip in `dist` after comparing it with the manifest.

    Raises:
        ImageError: See `write_tree`.
    """
    try:
        manifest = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
        packaged_for, digest = manifest["architecture"], manifest["zips"].get(name)
    except (OSError, ValueError, KeyError) as error:
        raise ImageError("manifest.json cannot be read: run `make package` first") from error
    if packaged_for != architecture:
        raise ImageError(f"the zips are for {packaged_for}, not for {architecture}: set LAMBDA_ARCH={architecture}")
    if digest is None:
        raise ImageError(f"there is no {name} in manifest.json: name a service, and run `make package`")
    path = dist / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise ImageError(f"{name} is not the zip that was finished: run `make package` again")
    return path


def main() -> int:
    """Write the tree; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True)
    parser.add_argument("--architecture", required=True, help="arm64 or x86_64; Docker's amd64 is x86_64")
    parser.add_argument("dist", type=Path, help="folder of the finished zips")
    parser.add_argument("folder", type=Path, help="folder to write to, which is replaced")
    arguments = parser.parse_args()
    architecture = {"amd64": "x86_64"}.get(arguments.architecture, arguments.architecture)
    try:
        write_tree(arguments.dist, arguments.service, architecture, arguments.folder)
    except ImageError as error:
        print(f"image_tree: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
