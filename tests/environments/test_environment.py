"""Environments: names, files, and what is protected."""

import re
from pathlib import Path

import pytest

from environments.environment import READ, Environment
from environments.problem import ProblemError

TERRAFORM = Path(__file__).parents[2] / "terraform"
FILES = sorted((TERRAFORM / "environments").glob("*.tfvars"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_files_set_only_variables_of_the_root(file: Path) -> None:
    declared = {
        name
        for source in TERRAFORM.glob("*.tf")
        for name in re.findall(r'^variable "(\w+)"', source.read_text(), re.MULTILINE)
    }
    # A comment shows a variable that an environment may set.
    shown = set(re.findall(r"^(?:# )?([a-z_]+) += ", file.read_text(), re.MULTILINE))
    assert shown
    assert shown <= declared
    assert READ.keys() <= declared


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_file_has_its_own_name_and_backend(file: Path) -> None:
    assert f'environment = "{file.stem}"' in file.read_text()
    backend = file.with_suffix(".s3.tfbackend").read_text()
    assert f'key          = "{file.stem}/terraform.tfstate"' in backend
    assert "use_lockfile = true" in backend
    assert "bucket" not in re.sub(r"^#.*", "", backend, flags=re.MULTILINE)


def test_only_dev_is_not_protected() -> None:
    protected = {file.stem: Environment(file.stem, file.stem).read()["deletion_protection"] for file in FILES}
    assert protected == {"dev": False, "prod": True, "staging": True}


@pytest.mark.parametrize("name", ["", "a", "Prod", "prod-eu", "environment"])
def test_invalid_name_is_rejected(name: str) -> None:
    with pytest.raises(ProblemError, match="ENV must be 2 to 8 lower-case letters"):
        Environment(name, "dev").check()


def test_environment_without_a_file_is_rejected() -> None:
    known = ", ".join(file.stem for file in FILES)
    with pytest.raises(ProblemError, match=rf"no terraform/environments/pull12\.tfvars\. Use one of {known}, write"):
        Environment("pull12", "pull12").check()
    Environment("pull12", "dev").check()


def test_environment_with_a_file_has_no_other_variables() -> None:
    with pytest.raises(ProblemError, match="prod has its own file of variables: leave out VARS"):
        Environment("prod", "dev").check()


def test_environment_with_the_variables_of_another_has_its_own_state() -> None:
    own, other = Environment("dev", "dev"), Environment("pull12", "dev")
    assert own.backend("states") == [str(own.file.with_suffix(".s3.tfbackend")), "bucket=states"]
    assert other.backend("states")[-1] == "key=pull12/terraform.tfstate"
    assert own.values({"a": "1"}) == ["-var=a=1", f"-var-file={own.file}"]
    assert other.values({}) == [f"-var-file={own.file}", "-var=environment=pull12", "-var=restored_tables={}"]


def test_invalid_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "dev.tfvars").write_text("deletion_protection = maybe")
    with pytest.raises(ProblemError, match=r"dev\.tfvars cannot be read"):
        Environment("dev", "dev", folder=tmp_path).read()


def test_null_means_the_default(tmp_path: Path) -> None:
    (tmp_path / "dev.tfvars").write_text("".join(f"{name} = null\n" for name in READ))
    assert Environment("dev", "dev", folder=tmp_path).read() == READ


def test_packages_of_another_type_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "dev.tfvars").write_text('packages = ["image"]')
    with pytest.raises(ProblemError, match=r"(?s)dev\.tfvars cannot be read:.*map of string required"):
        Environment("dev", "dev", folder=tmp_path).read()


def test_missing_terraform_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProblemError, match=r"^Terraform is not on PATH: https://"):
        Environment("dev", "dev").read()


def test_file_with_another_name_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "dev.tfvars").write_text('name = "shop"')
    with pytest.raises(ProblemError, match=r"dev\.tfvars must not set the name: product\.json has it"):
        Environment("dev", "dev", folder=tmp_path).read()
