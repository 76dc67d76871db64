"""An environment: its variables, its backend, and whether it is protected."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.problem import ProblemError
from environments.terraform import ROOT, WORK, check_installed

# As in terraform/variables.tf.
NAME = re.compile(r"[a-z][a-z0-9]{1,7}")
# Variables that this program reads, with the defaults that they have in the root.
READ: dict[str, Any] = {
    "artefact_bucket": None,
    "deletion_protection": True,
    "name": None,
    "packages": {},
    "permissions_boundary_arn": None,
    "role_path": "/",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment `name` with the variables of `terraform/environments/<variables>.tfvars`."""

    name: str
    variables: str
    folder: Path = ROOT / "terraform" / "environments"
    work: Path = WORK

    def check(self) -> None:
        """Raise ProblemError unless the name is valid and the file of variables exists."""
        if not NAME.fullmatch(self.name):
            raise ProblemError("ENV must be 2 to 8 lower-case letters or digits, a letter first: make plan ENV=dev.")
        if self.name != self.variables and self.file.with_stem(self.name).is_file():
            raise ProblemError(f"{self.name} has its own file of variables: leave out VARS.")
        if not self.file.is_file():
            known = ", ".join(sorted(file.stem for file in self.folder.glob("*.tfvars")))
            raise ProblemError(
                f"There is no {self.file.relative_to(self.folder.parents[1])}. Use one of {known}, write the file, "
                "or choose another environment's variables, such as VARS=dev."
            )

    @property
    def file(self) -> Path:
        """The file with the values of the root's variables."""
        return self.folder / f"{self.variables}.tfvars"

    @property
    def plan(self) -> Path:
        """The file that `make plan` saves the plan in."""
        return self.work / self.name / "tfplan"

    @property
    def boundary(self) -> str:
        """The environment in its permissions boundary's name: pull_ for pull12, one of many with the same roles."""
        return self.name if self.name == self.variables else re.sub(r"\d+$", "_", self.name)

    def backend(self, bucket: str) -> list[str]:
        """Return the settings of the root's backend."""
        common = [str(self.file.with_suffix(".s3.tfbackend")), f"bucket={bucket}"]
        return common if self.name == self.variables else [*common, f"key={self.name}/terraform.tfstate"]

    def values(self, computed: dict[str, str]) -> list[str]:
        """Return the arguments with all values of variables; the environment's file replaces `computed` ones."""
        # The file's restored tables are its own environment's.
        named = [] if self.name == self.variables else [f"-var=environment={self.name}", "-var=restored_tables={}"]
        return [*(f"-var={name}={value}" for name, value in computed.items()), f"-var-file={self.file}", *named]

    def read(self) -> dict[str, Any]:
        """Return the values of the variables `READ`, as Terraform evaluates the file.

        Raises:
            ProblemError: Terraform is not installed, or the file is not valid, or sets the name, by which
                terraform/bootstrap calls what it creates.
        """
        check_installed()
        with tempfile.TemporaryDirectory() as folder:
            # Null means the default, as in the root.
            variables = {name: {"default": value, "nullable": value is None} for name, value in READ.items()}
            variables["packages"]["type"] = "map(string)"
            Path(folder, "main.tf.json").write_text(json.dumps({"variable": variables}))
            wanted = ", ".join(f"{name} = var.{name}" for name in READ)
            finished = subprocess.run(  # noqa: S603 - arguments are a list, no shell
                ["terraform", "console", "-no-color", f"-var-file={self.file}"],  # noqa: S607 - the one on PATH
                input=f"jsonencode({{ {wanted} }})",
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
        if finished.returncode:
            raise ProblemError(f"{self.file} cannot be read:\n{finished.stderr.strip()}")
        values: dict[str, Any] = json.loads(json.loads(finished.stdout.splitlines()[-1]))
        if values["name"] is not None:
            raise ProblemError(
                f"{self.file} must not set the name: product.json has it, and `make rename-product` changes it."
            )
        return values
