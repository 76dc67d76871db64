"""The deployment that gets faults: requests that succeed without them, and what is stored before and after."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from tests.conformance.found import ROWS, Row
from tests.e2e.failures import new_number
from tests.e2e.successes import Prepared, prepared
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.eventually import eventually
from tests.support.fault_plan import FaultPlan
from tests.support.services import deployed_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEED = "01234567-89ab-4cde-8f01-"
# Larger numbers are ids and times, which differ between two runs.
LARGEST_COUNTER = 1000

type Stored = dict[tuple[str, str], dict[str, Any]]
type Change = tuple[str, str, str]
"""What happened to an item: `+`, `~` or `-`, the kinds of its keys, and its content without ids and times."""

OPERATIONS = [row for row in ROWS if not row.operation.environment and row.operation.cases[0].calls]


def takes_key(row: Row) -> bool:
    """Return whether the operation takes an Idempotency-Key."""
    return any(case.is_replay for case in row.operation.cases)


def without_key(request: Prepared) -> Prepared:
    """Return the request without an Idempotency-Key."""
    headers = {name: value for name, value in request.headers.items() if name != "Idempotency-Key"}
    return replace(request, headers=headers)


@dataclass(frozen=True)
class Target:
    """A deployment on the embedded AWS."""

    deployment: Deployment
    plan: FaultPlan
    dynamodb: "DynamoDBClient"
    signer: Signer

    @classmethod
    @contextmanager
    def of(cls, session: Session, logs: Path) -> Iterator["Target"]:
        """Yield the target of a running `up`."""
        client: DynamoDBClient = operator_client("dynamodb", session.control_plane)
        with (
            closing(FaultPlan(session.faults_url, session.control_plane["AWS_SECRET_ACCESS_KEY"])) as plan,
            httpx2.Client(base_url=session.url, timeout=60) as api,
            httpx2.Client(base_url=session.admin_url) as admin,
        ):
            yield cls(Deployment(api, admin, logs), plan, client, Signer(session))

    def prepared(self, row: Row) -> Prepared:
        """Empty the table, and return a request that succeeds once, with a new key if the operation takes one."""
        self._empty(row.service)
        access = row.operation.access
        if access.scope and not access.owner:
            # Another administrator, because the last one may not remove itself.
            prepared(self.deployment.api, self.dynamodb, self.signer, row)
        request = prepared(self.deployment.api, self.dynamodb, self.signer, row)
        if takes_key(row):
            key = f'"{SEED}{new_number():012}"'
            request = replace(request, headers={**request.headers, "Idempotency-Key": key})
        return request

    def stored(self, service: str) -> Stored:
        """Return all items of the service's table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=deployed_name(service), ConsistentRead=True)
        items: list[Any] = [item for page in pages for item in page["Items"]]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    def _empty(self, service: str) -> None:
        """Delete all items, because moto takes milliseconds to scan each."""
        requests = [{"DeleteRequest": {"Key": {"pk": {"S": pk}, "sk": {"S": sk}}}} for pk, sk in self.stored(service)]
        for at in range(0, len(requests), 25):  # as many as a call may have
            batch: Any = requests[at : at + 25]
            self.dynamodb.batch_write_item(RequestItems={deployed_name(service): batch})

    def end_environments(self, service: str) -> None:
        """Kill the service's environments, so that the next request finds nothing cached."""
        functions = self.deployment.admin.get("/functions").json()["functions"]
        found = [function["environments"] for function in functions if function["name"] == deployed_name(service)]
        pids = [environment["pid"] for environments in found for environment in environments]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        # Until the data plane has noticed, it would send them a request.
        eventually(lambda: any(Path(f"/proc/{pid}").exists() for pid in pids), expected=False)


def changes(before: Stored, after: Stored) -> Counter[Change]:
    """Return what has changed."""
    found: Counter[Change] = Counter()
    for key in before.keys() | after.keys():
        if key not in after:
            found["-", _kinds(key), ""] += 1
        elif before.get(key) != after[key]:
            sign = "~" if key in before else "+"
            found[sign, _kinds(key), json.dumps(_normal({"M": after[key]}), sort_keys=True)] += 1
    return found


def _kinds(key: tuple[str, str]) -> str:
    return "/".join(part.partition("#")[0] for part in key)


def _normal(value: dict[str, Any]) -> Any:
    [(kind, content)] = value.items()
    match kind:
        case "M":
            return {name: _normal(one) for name, one in content.items()}
        case "L":
            return [_normal(one) for one in content]
        case "N" if float(content) < LARGEST_COUNTER:
            return content
        case "BOOL" | "NULL":
            return content
    return kind
