"""`deploy`: packages and applies again for a running embedded AWS, which then serves the new version."""

import json
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

from local_aws.commands.delivery import delivering, packaging, stack, step
from local_aws.commands.images import images
from local_aws.same_origin import bearing
from local_aws.session import Session
from local_aws.terraform.stack import StackError

SECONDS = 60.0


def deploy(work: Path) -> None:
    """Deploy; return when new requests go to the new version.

    Raises:
        SessionError: No embedded AWS runs in `work`.
        StackError: A step failed; the previous version still serves.
    """
    session = Session.read(work)
    with delivering():
        with packaging(work) as packaged:
            step("Packaging what has changed", packaged)
        terraform = stack(work, session.control_plane, session.variables)
        step("terraform init", terraform.init)
        pushed = images(session.images, work, session.control_plane)
        terraform = stack(work, session.control_plane, {**session.variables, **pushed})
        step("terraform apply", terraform.apply)
        step("New environments", partial(_switch, session))


def _switch(session: Session) -> None:
    headers = bearing(session.control_plane["AWS_SECRET_ACCESS_KEY"])
    request = urllib.request.Request(f"{session.admin_url}/deployments", method="POST", data=b"", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return
    except urllib.error.HTTPError as error:
        raise StackError(json.load(error)["message"]) from None
    except OSError as error:
        raise StackError(f"the embedded AWS does not respond: {error}") from error
