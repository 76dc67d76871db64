import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from local_aws.awslambda.mounts import can_mount
from tests.local_aws.awslambda.sandboxes import an_invocation, answered, environment

FOLDERS = """
    import os, tempfile

    def attempt(path):
        try:
            with open(path, "w") as file:
                file.write("x")
        except OSError as error:
            return os.strerror(error.errno)
        return "written"

    def handler(event, context):
        return {
            "found": sorted(os.listdir(tempfile.gettempdir())),
            "written": {path: attempt(path) for path in event},
            "task": os.environ["LAMBDA_TASK_ROOT"],
        }
"""
FILL = """
    def handler(event, context):
        with open("/tmp/full", "wb") as file:
            for _ in range(event):
                file.write(bytes(1024 * 1024))
"""


@pytest.fixture(autouse=True)
def _mountable(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this machine gives a process no mounts of its own")


def test_folders_except_tmp_are_read_only_at_lambdas_paths(tmp_path: Path, runtime: Path) -> None:
    async def run() -> Any:
        async with environment(FOLDERS, tmp_path, runtime, mounts=True) as (launched, _):
            paths = ["/var/task/x", "/opt/x", "/var/runtime/x", "/tmp/x"]  # noqa: S108
            return answered(await launched.invoke(an_invocation(paths)))

    response = asyncio.run(run())
    assert response["task"] == "/var/task"
    *rejected, tmp = response["written"].values()
    assert (rejected, tmp) == (["Read-only file system"] * 3, "written")


def test_each_environment_has_its_own_tmp_for_its_lifetime(*, tmp_path: Path, runtime: Path, mounts: bool) -> None:
    host_file = tmp_path / "of-the-host"
    host_file.touch()

    async def run() -> list[list[str]]:
        found: list[list[str]] = []
        for folder in (tmp_path / "first", tmp_path / "second"):
            folder.mkdir()
            async with environment(FOLDERS, folder, runtime, mounts=mounts) as (launched, made):
                path = "/tmp/mine" if mounts else f"{next(made.host.work.glob('environments/*'))}/mine"  # noqa: S108
                found += [answered(await launched.invoke(an_invocation(paths)))["found"] for paths in ([path], [])]
            assert not list(folder.glob("environments/*"))
        return found

    assert asyncio.run(run()) == [[], ["mine"], [], ["mine"]]
    assert not Path("/tmp/mine").exists()  # noqa: S108


def test_tmp_is_limited_to_the_ephemeral_storage(tmp_path: Path, runtime: Path) -> None:
    async def run() -> tuple[Any, Any]:
        async with environment(FILL, tmp_path, runtime, mounts=True, ephemeral_storage=8) as (launched, _):
            return await launched.invoke(an_invocation(7)), await launched.invoke(an_invocation(9))

    fits, does_not = asyncio.run(run())
    assert fits.error_type is None
    assert does_not.error_type == "OSError"
    assert b"No space left on device" in does_not.payload


@pytest.mark.parametrize("below", ["/var", "/opt"])
def test_mounts_do_not_hide_needed_files(below: str, tmp_path: Path) -> None:
    assert can_mount(tmp_path)
    assert not can_mount(Path(below, "lib"))
    assert not Path(sys.base_prefix).resolve().is_relative_to(below)
