"""The folders of a function's code and layers, from zips or from an image."""

from pathlib import Path

from local_aws.awslambda.archives import unpack
from local_aws.ecr.images import checked
from local_aws.model.deployment import Function, Image


def folders_of(function: Function, work: Path) -> tuple[Path, Path]:
    """Return the folders for /var/task and /opt; zips are unpacked below `work`.

    Raises:
        DeploymentError: A zip or the files of the image are missing, or are not those that were deployed.
    """
    if isinstance(function.code, Image):
        tree = checked(function.code)
        return tree / "var/task", tree / "opt"
    return unpack([function.code], work / "code"), unpack(function.layers, work / "layers")
