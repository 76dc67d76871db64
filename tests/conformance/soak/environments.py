"""The functions' execution environments: their processes, their memory, their end."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from local_aws.clients.operator_client import operator_client
from local_aws.same_origin import bearing
from local_aws.session import Session
from monorepo.product import product
from tests.conformance.found import SERVICES
from tests.conformance.soak.load import Load
from tests.support.deployed.up import Up

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

FUNCTIONS = {service: f"{product().name}-dev-{service}" for service in SERVICES}
ANSWERS_BETWEEN_KILLS = (100, 300)


def deploy(session: Session) -> None:
    """Publish a new version of every function, and have it served: by new environments only."""
    client: LambdaClient = operator_client("lambda", session.control_plane)
    for name in FUNCTIONS.values():
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["DEPLOYED_AT"] = str(time.time())
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    headers = bearing(session.control_plane["AWS_SECRET_ACCESS_KEY"])
    httpx2.post(f"{session.admin_url}/deployments", headers=headers, timeout=60).raise_for_status()


def environments(session: Session) -> dict[str, list[dict[str, Any]]]:
    """What the data plane says of the environments of each function that is served."""
    functions = httpx2.get(f"{session.admin_url}/functions", timeout=60).json()["functions"]
    return {function["name"]: function["environments"] for function in functions}


def processes(session: Session, up: Up) -> list[int]:
    """The processes of these environments, which are children of the data plane."""
    pids = [one["pid"] for found in environments(session).values() for one in found]
    return [pid for pid in pids if parent(pid) == up.pid]


def parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def resident(pid: int) -> int:
    """The memory that a process holds, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def kill_at_random(load: Load, session: Session, up: Up, kills: list[int]) -> None:
    """Kill any of the processes after so many answers, again and again until cancelled; the same dice every time."""
    dice = random.Random(0)  # noqa: S311 - nothing depends on its being hard to guess
    while True:
        await load.reached(len(load.answers) + dice.randint(*ANSWERS_BETWEEN_KILLS))
        pids = await asyncio.to_thread(processes, session, up)
        if pids:
            kills.append(dice.choice(pids))
            os.kill(kills[-1], signal.SIGKILL)
