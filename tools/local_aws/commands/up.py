"""`up`: packages, starts the embedded AWS, applies Terraform, loads demo data, and serves until SIGINT or SIGTERM."""

import asyncio
import ctypes
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.routing import TrailingSlash
from local_aws.clients.operator_client import operator_client
from local_aws.commands.delivery import delivering, demo_files, packaging, stack, step
from local_aws.commands.images import images
from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane
from local_aws.demo_data import load_demo_data
from local_aws.faults.plan import read_faults
from local_aws.iam import calls
from local_aws.ports import port_errors, refuse_taken
from local_aws.session import Session, claimed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Files of an earlier session, whose control plane has ended.
STALE = (calls.FILE, "code", "images", "layers", "logs", "mail", "stack")
PR_SET_PDEATHSIG = 1  # linux/prctl.h
# The X-Ray SDK writes a marker there as soon as it runs on Lambda; the path is not configurable.
XRAY_MARKER = Path("/tmp/.aws-xray")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Behaviour of API Gateway that AWS does not document, and that differs in reports."""

    trailing_slash: TrailingSlash = TrailingSlash.SIGNIFICANT
    preflight: Preflight = Preflight.GATEWAY


def serve(
    port: int,
    work: Path,
    behaviour: Undocumented,
    variables: Mapping[str, str],
    services: Sequence[str] = (),
    faults: Path | None = None,
) -> None:
    """Serve on 127.0.0.1:`port` (0: a free one) until SIGINT or SIGTERM; only files in `work` remain.

    Terraform's root gets `variables`, and the functions of `services` are images, here and at each later `deploy`.
    Calls of AWS fail from the beginning as the file `faults` says.

    Raises:
        FaultError: The file of faults is not valid.
        ControlPlaneError, DeploymentError, StackError: A step failed; all started processes have ended.
        SessionError: The folder or the port is in use.
    """
    _end_with_parent()
    if faults is not None:
        read_faults(faults)
    with claimed(work), _removed_afterwards(XRAY_MARKER):
        refuse_taken(port)
        for name in STALE:
            _remove(work / name)
        with ControlPlane(calls=work / calls.FILE, faults=faults) as control_plane:
            terraform = stack(work, control_plane.environment, variables)
            with delivering():
                with packaging(work) as packaged:
                    step("terraform init", terraform.init)
                    step("Packaging what has changed (about two minutes the first time)", packaged)
                variables = {**variables, **images(services, work, control_plane.environment)}
                terraform = stack(work, control_plane.environment, variables)
                step("terraform apply", terraform.apply)
            client: DynamoDBClient = operator_client("dynamodb", control_plane.environment)
            tables = {service: table["name"] for service, table in terraform.outputs()["tables"].items()}
            step("Demo data", partial(load_demo_data, client, demo_files(tables)))
            with port_errors(port):
                asyncio.run(_serve(control_plane, work, port, behaviour, variables, services))


async def _serve(
    control_plane: ControlPlane,
    work: Path,
    port: int,
    behaviour: Undocumented,
    variables: Mapping[str, str],
    services: Sequence[str],
) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    environment = control_plane.environment
    async with DataPlane(
        environment, work, port, trailing_slash=behaviour.trailing_slash, preflight=behaviour.preflight
    ) as plane:
        control_plane.invoke_on(plane.admin_url)
        Session(
            url=plane.url,
            admin_url=plane.admin_url,
            faults_url=control_plane.faults_url,
            control_plane=environment,
            variables=dict(variables),
            images=list(services),
        ).write(work)
        _announce(plane, control_plane, work)
        await told_to_end.wait()
        print("Ending.", flush=True)


def _announce(plane: DataPlane, control_plane: ControlPlane, work: Path) -> None:
    lines = {
        "API": plane.url,
        "documentation": f"{plane.url}/docs",
        "page": f"{plane.admin_url}/",
        "logs": f"{work}/logs",
        "AWS": " ".join(f"{name}={value}" for name, value in control_plane.environment.items()),
        "faults": control_plane.faults_url,
    }
    print("\n".join(f"  {name:<14} {value}" for name, value in lines.items()))
    print(f"Serving on {plane.url} until Ctrl-C.", flush=True)


@contextmanager
def _removed_afterwards(path: Path) -> Iterator[None]:
    """Remove `path` when the block ends, unless it was there before."""
    existed = path.exists()
    try:
        yield
    finally:
        if not existed:
            shutil.rmtree(path, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _end_with_parent() -> None:
    """Make the kernel send SIGTERM when the parent ends, so that no process outlives a killed `make`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
