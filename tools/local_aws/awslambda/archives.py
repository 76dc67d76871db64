"""Deployed zips, unpacked once per content."""

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import urllib3

from local_aws.model.deployment import Archive, DeploymentError

_TIMEOUT = 60.0  # seconds


def unpack(archives: Sequence[Archive], folder: Path) -> Path:
    """Unpack archives over each other, in order, into a folder below `folder` that is named by their content.

    An existing folder is used as it is. Layers are merged in this order:
    https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html.

    Raises:
        DeploymentError: a zip cannot be fetched, or is not the one that was deployed.
    """
    target = folder / _name(archives)
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    half_done = Path(tempfile.mkdtemp(prefix=".half-done-", dir=folder))
    try:
        for archive in archives:
            with zipfile.ZipFile(io.BytesIO(_fetch(archive))) as zipped:
                zipped.extractall(half_done)
        half_done.chmod(0o755)
        half_done.rename(target)
    except BaseException:
        shutil.rmtree(half_done, ignore_errors=True)
        raise
    return target


def keep_only(folder: Path, used: Iterable[Sequence[Archive]]) -> None:
    """Delete everything that `unpack` wrote below `folder`, except the content of these archives."""
    names = {_name(archives) for archives in used}
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in names:
            shutil.rmtree(path)


def _name(archives: Sequence[Archive]) -> str:
    return hashlib.sha256("".join(archive.sha256 for archive in archives).encode()).hexdigest()[:32]


def _fetch(archive: Archive) -> bytes:
    try:
        answer = urllib3.request("GET", archive.location, timeout=_TIMEOUT, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise DeploymentError(f"cannot fetch {archive.location}: {error}") from error
    if answer.status != 200:  # noqa: PLR2004
        raise DeploymentError(f"cannot fetch {archive.location}: status {answer.status}")
    found = hashlib.sha256(answer.data).hexdigest()
    if found != archive.sha256:
        raise DeploymentError(f"{archive.location} has SHA-256 {found}, deployed was {archive.sha256}")
    return answer.data
