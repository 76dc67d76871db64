"""Services as images: writes the files of each image as the Dockerfile does, and pushes it to the control plane."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from local_aws.clients.operator_client import operator_client
from local_aws.commands.delivery import DIST, ROOT, architecture
from local_aws.ecr.images import push
from local_aws.terraform.stack import StackError

TREE = ROOT / "build-support" / "image_tree.py"


def images(services: Iterable[str], work: Path, control_plane: Mapping[str, str], dist: Path = DIST) -> dict[str, str]:
    """Push an image of each service, made of the zips in `dist`, and return the root's variables that deploy them.

    Raises:
        StackError: There is no such service, or a zip is missing.
    """
    store = work / "images"
    store.mkdir(parents=True, exist_ok=True)
    pushed = {}
    with closing(operator_client("ecr", control_plane)) as ecr:
        for service in services:
            tree = store / ".half-done"
            command = [sys.executable, str(TREE), f"--service={service}", f"--architecture={architecture()}"]
            written = subprocess.run([*command, str(dist), str(tree)], stderr=subprocess.PIPE, text=True, check=False)
            if written.returncode:
                raise StackError(f"there is no image of {service}: {written.stderr.strip()}")
            pushed[service] = {"uri": push(ecr, service, tree, store), "architecture": architecture()}
    if not pushed:
        return {}
    return {"packages": json.dumps(dict.fromkeys(pushed, "image")), "images": json.dumps(pushed)}
