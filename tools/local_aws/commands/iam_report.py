"""`iam-report`: the grants of each role of a running embedded AWS, their use, and the denied calls."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.clients.operator_client import operator_client
from local_aws.data_plane.reader import read_deployment
from local_aws.iam import calls
from local_aws.iam.access import RoleAccess
from local_aws.iam.calls import Call, read_calls
from local_aws.iam.roles import read_role
from local_aws.session import Session

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """An action on a resource by a role.

    Attributes:
        granted: Whether the role's policies grant it now.
        used: How many calls needed it. Earlier denied calls of a grant are not counted.
    """

    role: str
    action: str
    resource: str
    granted: bool
    used: int


def report(work: Path) -> None:
    """Print the table of the embedded AWS that runs in folder `work`; exit with 1 when a call was denied.

    Raises:
        DeploymentError, SessionError: No embedded AWS runs in `work`, or no deployment is applied.
    """
    accesses = read_accesses(Session.read(work).control_plane)
    made = read_calls(work / calls.FILE)
    print(table(rows(accesses, made)))
    denials = denied(made)
    if denials:
        sys.exit("\n".join(["", "denied:", *denials]))


def read_accesses(environment: Mapping[str, str]) -> list[RoleAccess]:
    """Return the permissions of the deployed functions' roles.

    Args:
        environment: The AWS_* variables that name the control plane.
    """
    arns = sorted({function.role for function in read_deployment(environment).functions.values()})
    iam: IAMClient = operator_client("iam", environment)
    with closing(iam):
        return [read_role(iam, arn) for arn in arns]


def rows(accesses: Iterable[RoleAccess], made: Sequence[Call]) -> list[Row]:
    """Return a row for each grant of a function, and for each needed permission that no grant covers."""
    needed = Counter((call.role, call.action, call.resource) for call in made)
    allowed = Counter((call.role, call.action, call.resource) for call in made if call.allowed)
    found: list[Row] = []
    for access in accesses:
        for grant in access.granted + access.platform:
            covered = [key for key in needed if key[0] == access.role and grant.covers(*key[1:])]
            for key in covered:
                del needed[key]
            if grant in access.granted:
                used = sum(allowed[key] for key in covered)
                found.append(Row(access.role, grant.action, grant.resource, granted=True, used=used))
    found.extend(Row(*key, granted=False, used=used) for key, used in needed.items())
    return sorted(found)


def denied(made: Iterable[Call]) -> list[str]:
    """Return a line for each kind of denied call, with its number and the time of the last one."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    last: dict[tuple[str, str, str, str], float] = {}
    for call in made:
        if not call.allowed:
            key = (call.role, call.operation, call.action, call.resource)
            counts[key] += 1
            last[key] = max(call.time, last.get(key, 0.0))
    return [
        f"  {role}: {operation} needed {action} on {resource}: {count} denied, the last at {_clock(last[key])}"
        for key, count in sorted(counts.items())
        for role, operation, action, resource in [key]
    ]


def table(found: Sequence[Row]) -> str:
    """Lay the rows out in columns below their names."""
    cells = [("role", "action", "resource", "granted", "used")]
    cells += [(row.role, row.action, row.resource, "yes" if row.granted else "no", str(row.used)) for row in found]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%SZ}"
