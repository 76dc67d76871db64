from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local_aws.awslambda.mounts import Folders
from local_aws.comparison import emulator
from local_aws.comparison.emulator import EmulatorError, emulating
from tests.local_aws.zips import CONTROL_PLANE, CREDENTIALS, a_function


@pytest.fixture
def below_tmp() -> Iterator[Path]:
    """Return a folder below /tmp, which an environment's own /tmp hides."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_wheel_is_pinned_to_one_version_and_one_hash() -> None:
    lines = emulator.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    (pinned,) = [line for line in lines if not line.startswith("#")]
    assert pinned.startswith("aws-sam-cli==")
    assert pinned.count("--hash=sha256:") == 1
    assert "://" not in pinned


def test_emulator_that_does_not_start_is_reported(tmp_path: Path, below_tmp: Path, *, mounts: bool) -> None:
    binary = below_tmp / "emulator"
    binary.write_text("#!/bin/sh\necho it does not run here\nexit 1\n", encoding="utf-8")
    binary.chmod(0o755)
    emulated = emulating(
        binary,
        a_function(),
        Folders(tmp_path, tmp_path, tmp_path, tmp_path / "tmp"),
        endpoint=CONTROL_PLANE["AWS_ENDPOINT_URL"],
        credentials=CREDENTIALS,
        xray_daemon="127.0.0.1:1",
        mounts=mounts,
        log=tmp_path / "log",
    )
    with pytest.raises(EmulatorError, match="Its output:\nit does not run here"), emulated:
        pytest.fail("it must not start")
