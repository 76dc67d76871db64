"""The unchanged Terraform root, applied to a control plane of its own with small zips."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws.control_plane.server import ControlPlane
from local_aws.terraform.stack import Stack
from tests.support.fake_zips import make_zips

ROOT = Path(__file__).parents[2] / "terraform"


@dataclass(frozen=True)
class Applied:
    """The applied stack, the folder of the zips that it deployed, and where AWS is."""

    stack: Stack
    dist: Path
    environment: dict[str, str]


@contextmanager
def applied_stack(folder: Path) -> Iterator[Applied]:
    """Make the zips, apply the root, and forget everything afterwards; a minute on a busy machine."""
    make_zips(folder / "dist")
    with ControlPlane() as control_plane:
        environment = control_plane.environment
        stack = Stack(ROOT, folder / "work", environment, {"dist_dir": str(folder / "dist")})
        stack.init()
        stack.apply()
        yield Applied(stack, folder / "dist", environment)
