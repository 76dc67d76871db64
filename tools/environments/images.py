"""Builds the images of services from the zips in dist/, and pushes them to the account's registry."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from environments.account import Account, client
from environments.environment import Environment
from environments.problem import ProblemError
from environments.terraform import ROOT


def build(environments: Iterable[Environment], root: Path = ROOT) -> list[str]:
    """Push an image of each service that one of the environments packages so; return these services.

    `build-support/build_image.py` writes their digests to dist/images.tfvars.json. Without such a service, nothing
    happens, and neither Docker nor credentials are needed.

    Raises:
        ProblemError: There is no Docker, it fails, or dist/ is not what `make package` wrote.
    """
    packages = [package for environment in environments for package in environment.read()["packages"].items()]
    services = sorted({service for service, kind in packages if kind == "image"})
    if not services:
        return []
    manifest = root / "dist" / "manifest.json"
    if not manifest.is_file():
        raise ProblemError("There is no dist/manifest.json: run `make package` first.")
    registry = _log_in(Account.current())
    settings = os.environ | {"LAMBDA_ARCH": json.loads(manifest.read_text())["architecture"]}
    command = [sys.executable, str(root / "build-support" / "build_image.py"), f"--registry={registry}", *services]
    if subprocess.run(command, env=settings, check=False).returncode:  # noqa: S603 - no shell
        raise ProblemError(f"No image of {', '.join(services)} was built: see the error above.")
    return services


def _log_in(account: Account) -> str:
    """Log Docker in to the account's registry with a token of twelve hours; return the registry's name.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise ProblemError("There is no docker on PATH, and a service is packaged as an image.")
    [found] = client("ecr", account.region).get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(found["authorizationToken"]).decode().partition(":")
    registry: str = found["proxyEndpoint"].removeprefix("https://")
    command = [docker, "login", f"--username={user}", "--password-stdin", registry]
    finished = subprocess.run(command, input=password, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if finished.returncode:
        raise ProblemError(f"Docker could not log in to {registry}: {finished.stderr.strip()}")
    return registry
