from dataclasses import replace
from pathlib import Path

import pytest

from local_aws.awslambda.archives import keep_only, unpack
from local_aws.model.deployment import Archive, DeploymentError
from tests.local_aws.zips import Zips


def test_zip_is_unpacked_once_per_content(zips: Zips, tmp_path: Path) -> None:
    archive = zips.add({"a/b.py": "x = 1"})
    folder = unpack([archive], tmp_path / "code")
    assert (folder / "a/b.py").read_text(encoding="utf-8") == "x = 1"
    assert unpack([replace(archive, location="http://127.0.0.1:1/gone.zip")], tmp_path / "code") == folder


def test_later_zips_override_earlier_ones(zips: Zips, tmp_path: Path) -> None:
    first, second = zips.add({"a.py": "1", "b.py": "1"}), zips.add({"b.py": "2"})
    both = unpack([first, second], tmp_path)
    assert [(both / name).read_text(encoding="utf-8") for name in ("a.py", "b.py")] == ["1", "2"]
    other = unpack([second, first], tmp_path)
    assert (other / "b.py").read_text(encoding="utf-8") == "1"


def test_no_layers_give_an_empty_folder(tmp_path: Path) -> None:
    assert list(unpack([], tmp_path).iterdir()) == []


def test_zip_with_another_hash_is_rejected(zips: Zips, tmp_path: Path) -> None:
    archive = replace(zips.add({"a.py": "1"}), sha256="0" * 64)
    with pytest.raises(DeploymentError, match=f"deployed was {'0' * 64}"):
        unpack([archive], tmp_path / "code")
    assert list((tmp_path / "code").iterdir()) == []


def test_missing_zip_is_reported(zips: Zips, tmp_path: Path) -> None:
    location = zips.add({"a.py": "1"}).location + ".other"
    with pytest.raises(DeploymentError, match="status 404"):
        unpack([Archive("0" * 64, location)], tmp_path)


def test_unused_zips_are_deleted(zips: Zips, tmp_path: Path) -> None:
    first, second = zips.add({"a.py": "1"}), zips.add({"b.py": "2"})
    folder = tmp_path / "code"
    both, _ = unpack([first, second], folder), unpack([second], folder)
    keep_only(folder, [(first, second)])
    assert list(folder.iterdir()) == [both]
