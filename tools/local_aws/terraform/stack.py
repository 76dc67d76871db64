"""Applies Terraform's unchanged root to the embedded AWS.

`python -m local_aws.terraform.stack init validate test` runs the commands that need no AWS.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws.terraform import provider
from local_aws.terraform.installation import Installation
from local_aws.terraform.state import State

REPOSITORY = Path(__file__).parents[3]
SHOWN_LINES = 60
OVERRIDE = "backend_override.tf"  # what the README writes to keep the state in a local file
DIFFERENCE = 2


class StackError(Exception):
    """Terraform failed; the message is one line, then Terraform's own output."""


@dataclass(frozen=True)
class Stack:
    """One deployment of the Terraform root; every method raises StackError if Terraform fails.

    Args:
        root: Folder of the root; nothing in it changes.
        work: Folder for Terraform's output in `terraform.log`. Each has its own state, in S3 of `environment`.
        environment: The AWS_* variables by which Terraform finds AWS; the host's own are not used.
        variables: Values of the root's variables.
        files: Files with further values, which `variables` override.
        seconds: How long one Terraform command may take before it is ended.
        data: Folder for the provider and modules that `init` installs, if not below `work`; it may outlive the state.
    """

    root: Path
    work: Path
    environment: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    seconds: float = 600.0
    data: Path | None = None

    def init(self) -> None:
        """Prepare the state, and install provider and modules unless they are for the same configuration."""
        if (self.root / OVERRIDE).exists():
            raise StackError(f"{self.root / OVERRIDE} replaces the backend: move it away meanwhile.")
        self.state.create_bucket()
        if self._installation.is_current():
            return
        self._installation.forget()
        try:
            arguments = provider.init_arguments(os.environ)
        except provider.ProviderNotFoundError as error:
            raise StackError(str(error)) from error
        # From the registry the provider has 150 MB: one copy for all runs of this clone.
        cache = REPOSITORY / ".local" / "plugins"
        cache.mkdir(parents=True, exist_ok=True)
        self._run(
            "init",
            "-input=false",
            "-reconfigure",
            *self.state.backend(),
            # The committed lock file has the hashes of every platform's archive, but not those of unpacked providers.
            "-lockfile=readonly",
            *arguments,
            settings={"TF_PLUGIN_CACHE_DIR": str(cache)} | _usable(os.environ),
        )
        self._installation.record()

    def validate(self) -> None:
        """Check that the configuration is valid; needs no AWS."""
        self._run("validate")

    def test(self) -> None:
        """Run the root's tests/; needs no AWS."""
        self._run("test")

    def apply(self, *arguments: str) -> None:
        """Apply the root, with further arguments such as `-replace=<address>`."""
        self._run("apply", "-auto-approve", *self._values(), *arguments)

    def plan(self) -> bool:
        """Return whether an apply would change anything."""
        code = self._run("plan", "-detailed-exitcode", *self._values(), accepted=(0, DIFFERENCE))
        return code == DIFFERENCE

    def destroy(self) -> None:
        """Delete everything that was applied."""
        self._run("destroy", "-auto-approve", *self._values())

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the last apply, by name."""
        # `terraform output` loads the provider first, which takes seconds.
        return {name: output["value"] for name, output in self.state.read()["outputs"].items()}

    @property
    def state(self) -> State:
        """The state of this deployment."""
        return State(self.work, self.environment)

    @property
    def _installation(self) -> Installation:
        return Installation(self.root, self.data or self.work / "terraform", tuple(self.state.backend()))

    def _values(self) -> list[str]:
        files = (f"-var-file={file}" for file in self.files)
        return ["-input=false", *files, *(f"-var={name}={value}" for name, value in self.variables.items())]

    def _run(
        self, command: str, *arguments: str, accepted: tuple[int, ...] = (0,), settings: Mapping[str, str] | None = None
    ) -> int:
        environment = {
            **terraform_environment(os.environ, self.environment),
            **(self._installation.settings() if settings is None else settings),
            "TF_DATA_DIR": str(self._installation.data),
        }
        terraform = shutil.which("terraform", path=environment.get("PATH"))
        if terraform is None:
            raise StackError("Terraform is not on PATH. Install it: https://developer.hashicorp.com/terraform/install")
        self.work.mkdir(parents=True, exist_ok=True)
        log = self.work / "terraform.log"
        start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "local_aws.tether", terraform, command, "-no-color", *arguments],
                cwd=self.root,
                env=environment,
                stdin=subprocess.PIPE,  # When it closes, the tether knows that the parent has ended.
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = _wait(process, self.seconds)
        said = log.read_bytes()[start:].decode(errors="replace")
        if code is None:
            raise StackError(f"terraform {command} was ended after {self.seconds:g} s; {log} ends with:\n{_end(said)}")
        if code not in accepted:
            raise StackError(f"terraform {command} failed; {log} says:\n{_failure(said)}")
        return code


def terraform_environment(host: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, str]:
    """Return the host's environment with the given AWS settings in place of its own AWS and Terraform settings."""
    kept = {name: value for name, value in host.items() if not name.startswith(("AWS_", "TF_"))}
    return (
        kept
        | {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "3",  # The default is 25 attempts.
            "CHECKPOINT_DISABLE": "1",
            "PYTHONPATH": str(REPOSITORY / "tools"),
            "TF_IN_AUTOMATION": "1",
        }
        | _usable(host)
        | dict(aws)
    )


def _usable(host: Mapping[str, str]) -> dict[str, str]:
    """Return the host's settings for provider sources, without those whose files are missing."""
    names = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
    return {name: host[name] for name in names if name in host and Path(host[name]).exists()}


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        with process:  # Leaving the block closes the tether's standard input.
            return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.wait()


def _failure(said: str) -> str:
    """Return Terraform's output from its first error on."""
    lines = said.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("Error:")), 0)
    return "\n".join(lines[first : first + SHOWN_LINES]).strip()


def _end(said: str) -> str:
    return "\n".join(said.splitlines()[-SHOWN_LINES:]).strip()


def main(arguments: list[str]) -> None:
    """Run the named commands on a root of the repository in order; if one fails, exit with Terraform's output."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.terraform.stack", description=__doc__)
    parser.add_argument("commands", nargs="+", choices=["init", "validate", "test"])
    parser.add_argument("--root", default="terraform", help="folder of the root in the repository")
    named = parser.parse_args(arguments)
    stack = Stack(REPOSITORY / named.root, REPOSITORY / ".local" / named.root, environment={})
    commands = {"init": stack.init, "validate": stack.validate, "test": stack.test}
    try:
        for command in named.commands:
            commands[command]()
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
