"""Runs Terraform on one of the repository's roots, with the host's credentials and its output shown."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.problem import ProblemError
from local_aws.terraform import provider

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".local" / "environments"
PLUGINS = ROOT / ".local" / "plugins"
DIFFERENCE = 2  # what `terraform plan -detailed-exitcode` returns for a plan that changes something


@contextmanager
def _ended_first() -> Iterator[None]:
    """Raise KeyboardInterrupt for a SIGINT only after the program that was run has ended.

    A terminal sends SIGINT to Terraform, too, which then writes its state and releases the lock. Python by itself would
    kill it a quarter of a second later. An ignored signal would be ignored by Terraform as well.
    """
    arrived: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if arrived:
        raise KeyboardInterrupt


def check_installed() -> None:
    """Raise ProblemError unless Terraform is on PATH."""
    if shutil.which("terraform") is None:
        raise ProblemError("Terraform is not on PATH: https://developer.hashicorp.com/terraform/install.")


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform in the folder `root`; what it installs is in `data`."""

    root: Path
    data: Path

    def init(self, backend: Iterable[str], *arguments: str) -> None:
        """Install the provider and the modules, and connect to the state.

        Args:
            backend: Settings of the backend, such as `bucket=...`, or paths of files with them.
            arguments: Further arguments of `terraform init`.

        Raises:
            ProblemError: Terraform failed.
        """
        try:
            found = provider.init_arguments(os.environ)
        except provider.ProviderNotFoundError as error:
            raise ProblemError(str(error)) from error
        PLUGINS.mkdir(parents=True, exist_ok=True)
        settings = [f"-backend-config={value}" for value in backend]
        finished = self.run("init", "-input=false", "-lockfile=readonly", *arguments, *settings, *found, shown=False)
        if finished.returncode:
            raise ProblemError(f"terraform init failed in {self.root}:\n{finished.stderr.strip()}")

    def run(self, *arguments: str, shown: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command; standard error is captured, and shown with standard output, which is captured if not shown.

        Raises:
            KeyboardInterrupt: SIGINT has arrived, and Terraform has ended after it.
            ProblemError: Terraform is not installed.
        """
        check_installed()
        command, *rest = arguments
        with _ended_first():
            finished = subprocess.run(  # noqa: S603 - arguments are a list, no shell
                ["terraform", command, "-no-color", *rest],  # noqa: S607 - the one on PATH
                cwd=self.root,
                env=os.environ
                | {
                    "CHECKPOINT_DISABLE": "1",
                    "TF_DATA_DIR": str(self.data),
                    "TF_IN_AUTOMATION": "1",
                    "TF_PLUGIN_CACHE_DIR": os.environ.get("TF_PLUGIN_CACHE_DIR", str(PLUGINS)),
                },
                stdout=None if shown else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        if shown:
            sys.stderr.write(finished.stderr)
        return finished

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs in the state by name.

        Raises:
            ProblemError: The state cannot be read.
        """
        finished = self.run("output", "-json", shown=False)
        if finished.returncode:
            raise ProblemError(f"The state cannot be read:\n{finished.stderr.strip()}")
        return {name: output["value"] for name, output in json.loads(finished.stdout).items()}
