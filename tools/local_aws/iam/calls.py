"""The AWS calls made with roles' credentials: the control plane records them, the page and the report read them."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "calls.jsonl"  # in the work folder of an embedded AWS


@dataclass(frozen=True, slots=True)
class Call:
    """A permission that an API call needed; a call that needs several permissions has several records.

    Attributes:
        time: When the call arrived, in seconds since the epoch.
        access_key_id: Access key of the call's temporary credentials.
        role: Name of the credentials' role.
        action: IAM's name of the permission, such as `dynamodb:PutItem`.
        resource: The needed resource's ARN, or `*`.
        operation: The API's operation, such as `TransactWriteItems`.
        allowed: Whether the role's policies allow it.
        duration_ms: How long the response took.
        status: The HTTP status of the response.
        context: Condition keys of the call, by which policies of roles that deploy are evaluated.
    """

    time: float
    access_key_id: str
    role: str
    action: str
    resource: str
    operation: str
    allowed: bool
    duration_ms: float
    status: int
    context: dict[str, str] = field(default_factory=dict)


class Recorder:
    """Appends calls to a file, one JSON line each; created once per process and used by all of its threads."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def record(self, calls: Sequence[Call]) -> None:
        """Append the lines in one write, which the kernel does not interleave with another thread's."""
        os.write(self._descriptor, "".join(json.dumps(asdict(call)) + "\n" for call in calls).encode())


def read_calls(
    path: Path, access_key_id: str | None = None, began: float | None = None, ended: float | None = None
) -> list[Call]:
    """Return the calls in the file, the oldest first; an empty list when there is no file.

    Args:
        path: The file of a `Recorder`.
        access_key_id: Only those made with these credentials.
        began: Only those that arrived at this time or later, in seconds since the epoch.
        ended: Only those that arrived at this time or earlier.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    complete = text[: text.rfind("\n") + 1]  # A line may be half-written at this moment.
    # Most lines belong to other environments, and parsing them would take most of the time.
    lines = [line for line in complete.splitlines() if access_key_id is None or access_key_id in line]
    calls = [Call(**json.loads(line)) for line in lines]
    return sorted(
        (
            call
            for call in calls
            if (access_key_id is None or call.access_key_id == access_key_id)
            and (began is None or call.time >= began)
            and (ended is None or call.time <= ended)
        ),
        key=lambda call: call.time,
    )
