"""The session of a running `make up`, for other terminals: a file in its folder that exists while it serves."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from monorepo.private_folder import private_folder

FILE = "session.json"


class SessionError(Exception):
    """No embedded AWS runs in that folder, or one already does."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """The addresses of a running embedded AWS.

    Attributes:
        url: Address of the API.
        admin_url: Address of the page and its JSON.
        control_plane: The AWS_* variables by which any AWS tool finds the control plane.
        faults_url: Address of the plan of faults.
        variables: The values that were given to variables of the Terraform root.
        images: Names of the services whose functions are images.
    """

    url: str
    admin_url: str
    control_plane: dict[str, str]
    faults_url: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, work: Path) -> Self:
        """Return the session that runs in folder `work`.

        Raises:
            SessionError: No embedded AWS runs there.
        """
        try:
            with _lock(work):
                pass
        except BlockingIOError:
            try:
                return cls(**json.loads((work / FILE).read_text()))
            except FileNotFoundError:
                raise SessionError("`make up` is still starting; try again when it serves") from None
        raise SessionError(
            "`make up` is not running here: start it in another terminal first (`make dev` is not enough)"
        )

    def write(self, work: Path) -> None:
        """Write the session; readers never see a half-written file."""
        new = work / f"{FILE}.new"
        new.write_text(json.dumps(asdict(self), indent=2))
        new.replace(work / FILE)


@contextmanager
def claimed(work: Path) -> Iterator[None]:
    """Hold folder `work` for one session; the claim ends with this process, however it ends.

    Raises:
        SessionError: Another process holds it.
    """
    try:
        with _lock(work):
            (work / FILE).unlink(missing_ok=True)
            try:
                yield
            finally:
                (work / FILE).unlink(missing_ok=True)
    except BlockingIOError:
        raise SessionError("an embedded AWS runs here already: end it, or use `make deploy-local`") from None


@contextmanager
def _lock(work: Path) -> Iterator[None]:
    private_folder(work)
    # Not inherited by children: a surviving child must not keep the claim.
    descriptor = os.open(work / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
