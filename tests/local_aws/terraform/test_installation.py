"""When `terraform init` is skipped, and which provider Terraform then uses."""

from pathlib import Path

import pytest

from local_aws.terraform.installation import Installation

PROVIDER = "providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
EXECUTABLE = "terraform-provider-aws_v5.100.0_x5"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Return a configuration and its installation: the provider as a link into a mirror."""
    write(tmp_path / "root/main.tf", 'module "table" {}')
    write(tmp_path / "root/modules/table/main.tf", "")
    write(tmp_path / "root/.terraform.lock.hcl", "")
    write(tmp_path / "bin/terraform", "").chmod(0o755)
    write(tmp_path / "mirror" / EXECUTABLE, "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    installation = Installation(tmp_path / "root", tmp_path / "data")
    (tmp_path / "data" / PROVIDER).parent.mkdir(parents=True)
    (tmp_path / "data" / PROVIDER).symlink_to(tmp_path / "mirror")
    installation.record()
    return installation


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_installation_is_not_current_before_init(tmp_path: Path) -> None:
    assert not Installation(tmp_path, tmp_path / "data").is_current()


def test_installation_for_the_same_configuration_is_current(installed: Installation) -> None:
    write(installed.root / "modules/table/README.md", "")
    assert installed.is_current()


@pytest.mark.parametrize(
    "path",
    [
        "root/main.tf",
        "root/modules/table/main.tf",
        "root/modules/new/main.tf",
        "root/more.tf.json",
        "root/.terraform.lock.hcl",
        "root/tests/root.tftest.hcl",
        "root/tests/root.tftest.json",
        "bin/terraform",
        ".terraformrc",
    ],
)
def test_edited_configuration_requires_init(installed: Installation, tmp_path: Path, path: str) -> None:
    write(tmp_path / path, "# edited")
    assert not installed.is_current()


def test_missing_file_requires_init(installed: Installation) -> None:
    (installed.root / "modules/table/main.tf").unlink()
    assert not installed.is_current()


def test_changed_terraform_setting_requires_init(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_DIR", "/elsewhere")
    assert not installed.is_current()


def test_missing_provider_requires_init(installed: Installation, tmp_path: Path) -> None:
    (tmp_path / "mirror" / EXECUTABLE).unlink()
    assert not installed.is_current()
    assert installed.settings() == {}


def test_killed_init_requires_init(installed: Installation) -> None:
    installed.forget()
    assert not installed.is_current()


def test_terraform_is_given_the_only_installed_provider(installed: Installation, tmp_path: Path) -> None:
    settings = installed.settings()
    assert settings.keys() == {"TF_CLI_CONFIG_FILE"}
    assert (
        f'"registry.terraform.io/hashicorp/aws" = "{tmp_path}/mirror"'
        in Path(settings["TF_CLI_CONFIG_FILE"]).read_text()
    )


def test_terraform_chooses_between_two_installed_versions(installed: Installation) -> None:
    write(installed.data / PROVIDER.replace("5.100.0", "6.0.0") / EXECUTABLE, "")
    assert installed.settings() == {}
