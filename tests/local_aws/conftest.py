"""Fixtures of the embedded AWS's tests: a control plane, the runtime, and a server of zips."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local_aws.awslambda.mounts import can_mount
from local_aws.awslambda.runtime_folder import make_runtime_folder
from local_aws.control_plane.server import ControlPlane
from tests.local_aws.iam.roles import Role
from tests.local_aws.zips import Zips


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file to which the control plane writes the roles' calls."""
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture(scope="session")
def control_plane(calls: Path) -> Iterator[ControlPlane]:
    with ControlPlane(calls) as running:
        yield running


@pytest.fixture
def role(control_plane: ControlPlane, calls: Path) -> Iterator[Role]:
    with ExitStack() as open_clients:
        yield Role(control_plane, calls, open_clients)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runtime_folder(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(params=[True, False], ids=["mounted", "unmounted"])
def mounts(request: pytest.FixtureRequest, tmp_path: Path) -> bool:
    """Run a test twice: with the folders mounted at Lambda's paths, if this machine allows it, and without."""
    wanted: bool = request.param
    if wanted and not can_mount(tmp_path):
        pytest.skip("this machine does not allow mounts")
    return wanted


@pytest.fixture
def zips(tmp_path: Path) -> Iterator[Zips]:
    with Zips(tmp_path / "zips") as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, runtime: Path) -> Path:
    """Return a data plane's folder that contains the runtime, because copying it takes half a second."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "runtime").symlink_to(runtime.parent)
    return folder
