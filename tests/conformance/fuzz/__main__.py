"""Send generated requests to every operation of the packaged zips, as every role.

`make fuzz` runs this as a program. It repeats rounds until so many requests are sent. In a round, schemathesis runs
once for each OpenAPI document and role, on the seed of the round. It fails if a response contradicts the document or is
a 5xx.
"""

import argparse
import itertools
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2

from local_aws.clients.operator_client import operator_client
from local_aws.session import Session
from tests.conformance.fuzz.callers import ROLES, Callers
from tests.conformance.soak.written import gateway_lines
from tests.support.deployed.signing import Signer
from tests.support.deployed.up import Up

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REQUESTS: Final = 30_000
EXAMPLES: Final = 50  # of each operation and phase in a round
UNTHROTTLED: Final = "throttling={rate_limit=10000,burst_limit=5000}"
CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")


@dataclass
class Fuzz:
    """A fuzz of a deployment.

    Attributes:
        api: A client of the deployed API.
        logs: Folder of the deployment's log files.
        callers: Creates the callers.
        examples: How many requests of each operation and phase a round generates.
        statuses: How often each role got each status.
        failed: The rounds, documents and roles for which schemathesis found a contradiction.
    """

    api: httpx2.Client
    logs: Path
    callers: Callers
    examples: int
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: {role: Counter() for role in ROLES})
    failed: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Return how many requests have been sent."""
        return sum(counted.total() for counted in self.statuses.values())

    @property
    def errors(self) -> int:
        """Return how many responses were a 5xx."""
        return sum(count for counted in self.statuses.values() for status, count in counted.items() if status >= 500)

    def run(self, requests: int, seed: int) -> None:
        """Run rounds until so many requests are sent."""
        documents: dict[str, str] = self.api.get("/openapi.json").raise_for_status().json()
        for number in itertools.count(seed):
            for service, path in documents.items():
                for role in ROLES:
                    self._run(service, path, role, number)
                    if self.sent >= requests:
                        return

    def _run(self, service: str, path: str, role: str, seed: int) -> None:
        headers = self.callers.headers(role)
        before = len(self._answered())
        began = time.monotonic()
        ended = schemathesis(str(self.api.base_url.join(path)), headers, seed, self.examples)
        # Each response is sent before its line is written.
        self.api.get("/")
        counted = Counter(int(line["status"]) for line in self._answered()[before:])
        self.statuses[role] += counted
        name = f"{service} as {role}, --seed={seed}"
        print(f"{name}: {counted.total()} requests, {time.monotonic() - began:.0f} s", flush=True)
        if ended.returncode:
            self.failed.append(name)
            print(ended.stdout, flush=True)

    def _answered(self) -> list[dict[str, str]]:
        """Return the gateway's lines. There is no file before the first one."""
        return gateway_lines(self.logs) if any(self.logs.glob("*.access.jsonl")) else []


def schemathesis(document: str, headers: dict[str, str], seed: int, examples: int) -> subprocess.CompletedProcess[str]:
    """Run schemathesis on one document."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", document),
            *("--seed", str(seed), "--max-examples", str(examples), "--no-color"),
            *("--continue-on-failure", "--generation-database", "none"),
            *(argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def deployed(examples: int) -> Iterator[Fuzz]:
    """Run `make up` without its throttling, and yield a fuzz of it."""
    with tempfile.TemporaryDirectory() as work, Up(Path(work), "--var", UNTHROTTLED) as up:
        up.wait_for("Serving on")
        session = Session.read(up.work)
        dynamodb: DynamoDBClient = operator_client("dynamodb", session.control_plane)
        with httpx2.Client(base_url=session.url, timeout=60) as api:
            yield Fuzz(api, up.work / "logs", Callers(api, dynamodb, Signer(session)), examples)


def main() -> int:
    """Run the fuzz and print its figures."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many to send at least")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the first round")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation and phase in a round")
    options = parser.parse_args()
    print(f"--seed={options.seed}", flush=True)
    with deployed(options.examples) as fuzz:
        fuzz.run(options.requests, options.seed)
    for role, counted in fuzz.statuses.items():
        print(f"{role}: {counted.total()} requests; by status: {dict(sorted(counted.items()))}")
    print(f"{fuzz.sent} requests, {fuzz.errors} responses of 5xx, {len(fuzz.failed)} runs with contradictions")
    for name in fuzz.failed:
        print(f"  {name}")
    return 1 if fuzz.errors or fuzz.failed else 0


if __name__ == "__main__":
    sys.exit(main())
