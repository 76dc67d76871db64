"""The order in which Terraform's provider is looked up, and the error without one."""

from pathlib import Path

import pytest

from local_aws.terraform.provider import ProviderNotFoundError, init_arguments


def _mirror(folder: Path) -> Path:
    unpacked = folder / "registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"
    unpacked.mkdir(parents=True)
    (unpacked / "terraform-provider-aws_v5.100.0_x5").touch()
    return folder


def _out_of_reach() -> bool:
    return False


def test_given_folder_comes_first(tmp_path: Path) -> None:
    named, mirror = _mirror(tmp_path / "named"), _mirror(tmp_path / "mirror")
    assert init_arguments({"TF_PLUGIN_DIR": str(named)}, [str(mirror)], lambda: True) == [f"-plugin-dir={named}"]


def test_given_folder_without_the_provider_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ProviderNotFoundError, match=f"TF_PLUGIN_DIR is {tmp_path}"):
        init_arguments({"TF_PLUGIN_DIR": str(tmp_path)}, [], lambda: True)


def test_reachable_registry_needs_no_argument(tmp_path: Path) -> None:
    assert init_arguments({}, [str(_mirror(tmp_path / "mirror"))], lambda: True) == []


def test_first_mirror_is_used_without_registry(tmp_path: Path) -> None:
    (tmp_path / "opt" / "empty").mkdir(parents=True)
    mirror = _mirror(tmp_path / "opt" / "plugins")
    _mirror(tmp_path / "later")
    places = [str(tmp_path / "none"), str(tmp_path / "opt" / "*"), str(tmp_path / "later")]
    assert init_arguments({}, places, _out_of_reach) == [f"-plugin-dir={mirror}"]


def test_missing_registry_and_mirror_are_reported_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ProviderNotFoundError, match="set TF_PLUGIN_DIR"):
        init_arguments({}, [str(tmp_path)], _out_of_reach)
