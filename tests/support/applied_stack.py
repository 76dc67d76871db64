"""The unchanged Terraform root, applied to its own control plane with small zips."""

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
    """The applied stack, the folder of its zips, and the environment variables of its AWS."""

    stack: Stack
    dist: Path
    environment: dict[str, str]


@contextmanager
def applied_stack(folder: Path) -> Iterator[Applied]:
    """Create the zips, apply the root, and drop everything afterwards. Takes a minute on a busy machine."""
    make_zips(folder / "dist")
    with ControlPlane() as control_plane:
        environment = control_plane.environment
        stack = Stack(
            ROOT, folder / "work", environment, {"dist_dir": str(folder / "dist"), "deletion_protection": "false"}
        )
        stack.init()
        stack.apply()
        yield Applied(stack, folder / "dist", environment)
