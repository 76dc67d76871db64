"""Images without a Docker engine: the manifest is in the control plane's ECR, and the files are a folder.

A manifest (https://github.com/opencontainers/image-spec/blob/main/manifest.md) has one layer, whose digest is that of
the folder, and whose address is the folder's. The layers of a base image are left out: the embedded AWS runs functions
on its own runtime.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple, Self

from local_aws.model.deployment import DeploymentError, Image

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
TREE = "application/vnd.local-aws.tree"
# OCI's empty descriptor, in place of a configuration.
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_EMPTY = b"{}"
_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[a-z0-9._/-]+)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[\w.-]+))",
    re.ASCII,
)


class ImageUri(NamedTuple):
    """The parts of an image's URI; either the digest or the tag is None."""

    account: str
    region: str
    repository: str
    digest: str | None
    tag: str | None

    @classmethod
    def parse(cls, uri: str) -> Self | None:
        """Return the parts of the URI of an image in ECR, or None for any other."""
        found = _URI.fullmatch(uri)
        return cls(**found.groupdict()) if found else None


def digest_of(tree: Path) -> str:
    """Return the SHA-256 (hex) of the names and contents of all files in the folder `tree`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(tree).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def push(ecr: Any, repository: str, tree: Path, store: Path) -> str:
    """Move the folder `tree` into the folder `store`, put its image into a repository, and return its URI by digest.

    A missing repository is created.
    """
    digest = digest_of(tree)
    kept = store / digest
    if kept.exists():
        shutil.rmtree(tree)
    else:
        store.mkdir(parents=True, exist_ok=True)
        tree.rename(kept)
    size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(_EMPTY_TYPE, hashlib.sha256(_EMPTY).hexdigest(), len(_EMPTY)),
            "layers": [_descriptor(TREE, digest, size) | {"urls": [kept.resolve().as_uri()]}],
        }
    )
    found = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    try:
        [described] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    except ecr.exceptions.RepositoryNotFoundException:
        described = ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")["repository"]
    if not ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": found}])["images"]:
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=digest[:12], imageDigest=found)
    return f"{described['repositoryUri']}@{found}"


def read_image(ecr: Any, uri: str) -> Image:
    """Return the image of a function.

    Raises:
        DeploymentError: It is not one that `push` put there.
    """
    parts = ImageUri.parse(uri)
    found = None
    if parts and parts.digest:
        answer = ecr.batch_get_image(repositoryName=parts.repository, imageIds=[{"imageDigest": parts.digest}])
        found = next(iter(answer["images"]), None)
    layers = json.loads(found["imageManifest"]).get("layers", []) if found else []
    if [layer["mediaType"] for layer in layers] != [TREE]:
        raise DeploymentError(f"image {uri} has no files here: deploy it with `make up ARGS='--image <service>'`")
    [layer] = layers
    return Image(layer["digest"].removeprefix("sha256:"), Path.from_uri(layer["urls"][0]))


def checked(image: Image) -> Path:
    """Return the folder of an image's files, after comparing them with its digest.

    Raises:
        DeploymentError: They are missing, or have changed since they were pushed.
    """
    if not image.folder.is_dir():
        raise DeploymentError(f"the files of an image are missing: {image.folder}")
    if digest_of(image.folder) != image.sha256:
        raise DeploymentError(f"{image.folder} has changed since its image was pushed: delete it, and deploy again")
    return image.folder


def _descriptor(media_type: str, sha256: str, size: int) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": f"sha256:{sha256}", "size": size}
