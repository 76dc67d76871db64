"""Compares the packaged functions' responses in our environments with those under AWS's own emulator.

Both have the same zips and the same applied stack and data, and get the same events.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_aws.awslambda.environment import Environment
from local_aws.awslambda.host import Host
from local_aws.awslambda.invocation import Invocation
from local_aws.awslambda.mounts import Folders, can_mount
from local_aws.awslambda.packages import folders_of
from local_aws.awslambda.pool import INIT_LIMIT
from local_aws.awslambda.runtime_folder import make_runtime_folder
from local_aws.clients.operator_client import operator_client
from local_aws.commands.delivery import ROOT, delivering, demo_files, packaging, stack, step
from local_aws.comparison.conversation import Conversation, Exchange
from local_aws.comparison.emulator import EmulatorError, emulating, fetch_emulator
from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.reader import read_deployment
from local_aws.demo_data import load_demo_data
from local_aws.iam.credentials import RoleCredentials
from local_aws.model.deployment import Deployment
from local_aws.terraform.stack import StackError
from local_aws.xray.daemon import Daemon, Traces
from local_aws.xray.trace import TraceHeader

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WORK = ROOT / ".local" / "emulator"
DOCUMENTED = ROOT / "tests" / "local_aws" / "apigateway" / "aws_events"

type Held = Callable[[Conversation], Awaitable[None]]
type Hold = Callable[[Conversation, Mapping[str, str]], Awaitable[None]]
"""Holds a conversation with the functions, given the environment of AWS clients."""


def verify(hold: Hold) -> list[str]:
    """Send the same requests to both environments, print the exchanges, and return the differences.

    AWS's documented events are sent first.

    Raises:
        EmulatorError, StackError: A step failed.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("run", "stack"):
        shutil.rmtree(WORK / name, ignore_errors=True)
    binary = fetch_emulator(WORK)
    with ControlPlane() as control_plane:
        applied = stack(WORK, control_plane.environment, {})
        with delivering():
            with packaging(WORK) as packaged:
                step("terraform init", applied.init)
                step("Packaging what has changed (about two minutes the first time)", packaged)
            step("terraform apply", applied.apply)
        tables = {service: table["name"] for service, table in applied.outputs()["tables"].items()}
        return asyncio.run(_verify(binary, control_plane.environment, tables, hold))


async def _verify(binary: Path, environment: Mapping[str, str], tables: Mapping[str, str], hold: Hold) -> list[str]:
    deployment = await asyncio.to_thread(read_deployment, environment)
    client: DynamoDBClient = operator_client("dynamodb", environment)
    async with Daemon(Traces()) as daemon:
        host = Host(
            work=WORK / "run",
            runtime=await asyncio.to_thread(make_runtime_folder, WORK / "runtime"),
            endpoint=environment["AWS_ENDPOINT_URL"],
            credentials=RoleCredentials(environment).assume,
            deliver=lambda *_: None,
            xray_daemon=daemon.address,
            traces=Traces(),
            mounts=await asyncio.to_thread(can_mount, WORK),
        )
        conversations = []
        for held in (_in_our_environments, _under_the_emulator):
            _reset(client, tables)
            conversations.append(
                await held(deployment, host, binary, lambda conversation: hold(conversation, environment))
            )
    ours, theirs = conversations
    for what in ours.normalised:
        print(f"normalised: {what}")
    return differences(ours.exchanges, theirs.exchanges)


async def _in_our_environments(deployment: Deployment, host: Host, _binary: Path, hold: Held) -> Conversation:
    async with AsyncExitStack() as opened:
        environments: dict[str, Environment] = {}
        for arn, function in deployment.functions.items():
            folders = await _folders(deployment, arn, host)
            environment = await Environment.launch(function, folders.task, folders.opt, host)
            opened.push_async_callback(environment.close)
            await environment.initialise(INIT_LIMIT)
            environments[arn] = environment

        async def invoke(arn: str, event: Mapping[str, Any]) -> Any:
            trace = TraceHeader.parse(event["headers"].get("x-amzn-trace-id", ""))
            return json.loads((await environments[arn].invoke(Invocation(json.dumps(event).encode(), trace))).payload)

        return await _held(Conversation(deployment, invoke), hold)


async def _under_the_emulator(deployment: Deployment, host: Host, binary: Path, hold: Held) -> Conversation:
    with ExitStack() as opened:
        emulators = {}
        for arn, function in deployment.functions.items():
            emulator = emulating(
                binary,
                function,
                await _folders(deployment, arn, host),
                endpoint=host.endpoint,
                credentials=await asyncio.to_thread(host.credentials, function.role, function.name),
                xray_daemon=host.xray_daemon,
                mounts=host.mounts,
                log=WORK / f"{function.name}.log",
            )
            emulators[arn] = opened.enter_context(emulator)

        async def invoke(arn: str, event: Mapping[str, Any]) -> Any:
            return await asyncio.to_thread(emulators[arn].invoke, event)

        return await _held(Conversation(deployment, invoke), hold)


async def _folders(deployment: Deployment, arn: str, host: Host) -> Folders:
    function = deployment.functions[arn]
    task, opt = await asyncio.to_thread(folders_of, function, host.work)
    return Folders(task, opt, host.runtime, host.work / "tmp" / function.name)


async def _held(conversation: Conversation, hold: Held) -> Conversation:
    shown = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DOCUMENTED.glob("*.json"))}
    await conversation.hand({f"the event of {name}": file["event"] for name, file in shown.items() if "event" in file})
    await hold(conversation)
    return conversation


def differences(ours: list[Exchange], theirs: list[Exchange]) -> list[str]:
    """Return each exchange whose responses differ, with both responses; print the name and status of every exchange."""
    found = []
    for our, their in zip(ours, theirs, strict=True):
        same = our == their
        print(f"{'same' if same else 'DIFFERENT':<10} {our.answer.get('statusCode', 'error')} {our.name}")
        if not same:
            found.append(f"{our.name}:\n  ours:         {our.answer}\n  the emulator: {their.answer}")
    return found


def _reset(client: "DynamoDBClient", tables: Mapping[str, str]) -> None:
    """Reset the tables to the demo data."""
    for table in tables.values():
        names = [key["AttributeName"] for key in client.describe_table(TableName=table)["Table"]["KeySchema"]]
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                client.delete_item(TableName=table, Key={name: item[name] for name in names})
    load_demo_data(client, demo_files(tables))


def main(hold: Hold) -> None:
    """Compare the responses; if any differ, print both and exit with status 1."""
    try:
        found = verify(hold)
    except (EmulatorError, StackError) as error:
        sys.exit(str(error))
    if found:
        sys.exit("\n".join(["These responses differ:", *found]))
    print("AWS's emulator and our environments give the same responses.")
