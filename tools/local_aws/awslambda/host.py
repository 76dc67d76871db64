"""The settings that all execution environments of a data plane share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_aws.iam.credentials import Credentials
from local_aws.logs.delivery import Deliver
from local_aws.xray.daemon import Traces


@dataclass(frozen=True, slots=True)
class Host:
    """The settings and services of the machine for its environments.

    Attributes:
        work: Folder for logs and, without mounts, for the environments' /tmp.
        runtime: Folder of the unpacked runtime.
        endpoint: Address of the control plane.
        credentials: Returns new credentials of a role (ARN) for a session (name); called in a thread.
        deliver: Queues log lines for CloudWatch Logs.
        mounts: Whether processes see their folders at Lambda's own paths.
    """

    work: Path
    runtime: Path
    endpoint: str
    credentials: Callable[[str, str], Credentials]
    deliver: Deliver
    xray_daemon: str
    traces: Traces
    mounts: bool
