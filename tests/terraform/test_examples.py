"""Each Terraform module's example is valid: all of them at once, because loading the provider takes seconds."""

import json
import os
import subprocess
from pathlib import Path

from local_aws.terraform.provider import init_arguments
from local_aws.terraform.stack import terraform_environment

TERRAFORM = Path(__file__).parents[2] / "terraform"
EXAMPLES = sorted(TERRAFORM.glob("modules/*/examples/*"))


def test_every_module_has_an_example() -> None:
    assert {path.parents[1] for path in EXAMPLES} == {path.parent for path in TERRAFORM.glob("modules/*/versions.tf")}


def test_examples_are_valid(tmp_path: Path) -> None:
    calls = {example.parents[1].name: {"source": os.path.relpath(example, tmp_path)} for example in EXAMPLES}
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": calls}))
    for command in (["init", "-input=false", *init_arguments(os.environ)], ["validate"]):
        finished = subprocess.run(
            ["terraform", *command, "-no-color"],  # noqa: S607 - the one on PATH
            cwd=tmp_path,
            env=terraform_environment(os.environ, {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
