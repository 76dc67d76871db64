"""Build the images of services from the finished zips with Docker, and push them if a registry is given.

After a push, dist/images.tfvars.json has each image's URI by digest and its architecture, for Terraform's -var-file.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from image_tree import ImageError, read_finished  # pants: no-infer-dep

_PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
# The time of the files in the zips. BuildKit takes over this variable as the time of the image.
_EPOCH = "315532800"


def build(root: Path, service: str, architecture: str, registry: str | None, now: datetime) -> str:
    """Build the image of `service` from the zips in `root`/dist; return its URI by digest, without a registry its tag.

    Raises:
        ImageError: Docker is missing or fails, or the zips are not those of this service and architecture.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise ImageError("docker is not on PATH. `make image-tree` writes the files of the image without it")
    if architecture not in _PLATFORMS:
        raise ImageError(f"LAMBDA_ARCH is {architecture!r}: set it to arm64 or x86_64")
    dist = root / "dist"
    for name in ("common-layer.zip", f"{service}.zip"):
        read_finished(dist, name, architecture)
    product = json.loads((root / "product.json").read_text(encoding="utf-8"))["name"]
    repository = f"{registry}/{product}/{service}" if registry else f"{product}/{service}"
    tag = f"{repository}:{_version(dist, service)}-{architecture.replace('_', '-')}-{now:%Y%m%dT%H%M%SZ}"
    with tempfile.TemporaryDirectory(prefix="image-", dir=dist) as folder:
        written = Path(folder, "metadata.json")
        command = [docker, "buildx", "build", "--pull", "--file=build-support/image/Dockerfile", f"--tag={tag}"]
        command += [f"--platform={_PLATFORMS[architecture]}", f"--build-arg=SERVICE={service}"]
        # Lambda rejects an index, which Docker writes to attach these two: https://github.com/docker/buildx/issues/1533
        command += ["--provenance=false", "--sbom=false"]
        command += [f"--metadata-file={written}", "--push" if registry else "--load", "."]
        settings = os.environ | {"SOURCE_DATE_EPOCH": _EPOCH}
        if subprocess.run(command, cwd=root, env=settings, check=False).returncode:  # noqa: S603 - no shell
            raise ImageError(f"docker could not build or push {tag}: its output is above")
        if not registry:
            return tag
        return f"{repository}@{json.loads(written.read_text(encoding='utf-8'))['containerimage.digest']}"


def _version(dist: Path, service: str) -> str:
    """Return the version in the service's zip, in characters that a tag may have."""
    with zipfile.ZipFile(dist / f"{service}.zip") as archive:
        return re.sub(r"[^\w.-]", "-", archive.read(f"{service}/version.txt").decode().strip())


def main() -> int:
    """Build the images of the named services; return the exit code."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", help="such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com")
    parser.add_argument("services", nargs="+")
    arguments = parser.parse_args()
    architecture = os.environ.get("LAMBDA_ARCH", "arm64")
    images = {}
    try:
        for service in arguments.services:
            uri = build(root, service, architecture, arguments.registry, datetime.now(UTC))
            images[service] = {"uri": uri, "architecture": architecture}
            print(uri)
    except ImageError as error:
        print(f"build_image: {error}", file=sys.stderr)
        return 1
    if arguments.registry:
        text = json.dumps({"images": images}, indent=2, sort_keys=True)
        (root / "dist/images.tfvars.json").write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
