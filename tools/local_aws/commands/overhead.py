"""Measures the data plane's overhead: the client's time for a warm request to a function that does nothing."""

import argparse
import asyncio
import io
import json
import socket
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane

GOAL_MS = 3.0
_WARM_UP = 200
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
_FLOOR = 'def handler(event, context):\n    return {"statusCode": 200, "body": "{}"}\n'
_ACCESS_LOG = '{"id":"$context.requestId","status":"$context.status","latency":"$context.responseLatency"}'


def measure(requests: int) -> list[float]:
    """Serve a function that does nothing; return each warm request's milliseconds, sorted.

    The requests are sent one after the other over one connection.
    """
    with ControlPlane() as control_plane, tempfile.TemporaryDirectory() as work:
        apply_floor(control_plane.environment)
        return asyncio.run(_measure(control_plane.environment, Path(work), requests))


async def _measure(control_plane: Mapping[str, str], work: Path, requests: int) -> list[float]:
    # The client is a separate process, because a thread would share the data plane's interpreter lock.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client:
        async with DataPlane(control_plane, work) as plane:
            return await asyncio.get_running_loop().run_in_executor(client, _ask, plane.url, requests)


def _ask(url: str, requests: int) -> list[float]:
    host, port = url.removeprefix("http://").split(":")
    request = f"GET /floor HTTP/1.1\r\nHost: {host}\r\nUser-Agent: overhead\r\nAccept: */*\r\n\r\n".encode()
    taken = []
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(_WARM_UP + requests):
            began = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(65536)
            while not answer.endswith(b"\r\n\r\n{}"):
                answer += connection.recv(65536)
            taken.append((time.perf_counter() - began) * 1000)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(answer.decode(errors="replace"))
    return sorted(taken[_WARM_UP:])


def apply_floor(environment: Mapping[str, str]) -> None:
    """Create an API whose function does nothing, on the control plane that `environment` (AWS_* variables) names."""
    clients = {name: operator_client(name, environment) for name in ("apigatewayv2", "iam", "lambda", "logs")}
    gateway, functions = clients["apigatewayv2"], clients["lambda"]
    role = clients["iam"].create_role(RoleName="floor", AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    for group in ("/aws/lambda/floor", "/aws/apigateway/floor"):
        clients["logs"].create_log_group(logGroupName=group)
    version = functions.create_function(
        FunctionName="floor",
        Runtime="python3.13",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": _zipped()},
        LoggingConfig={"LogFormat": "JSON"},
        TracingConfig={"Mode": "Active"},
        Publish=True,
    )["Version"]
    alias = functions.create_alias(FunctionName="floor", Name="live", FunctionVersion=version)["AliasArn"]
    api = gateway.create_api(Name="floor", ProtocolType="HTTP")["ApiId"]
    account = alias.split(":")[4]
    functions.add_permission(
        FunctionName="floor",
        Qualifier="live",
        StatementId="http-api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{environment['AWS_REGION']}:{account}:{api}/*/*",
    )
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0", IntegrationUri=alias
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    group = f"arn:aws:logs:{environment['AWS_REGION']}:{account}:log-group:/aws/apigateway/floor"
    gateway.create_stage(
        ApiId=api, StageName="$default", AccessLogSettings={"DestinationArn": group, "Format": _ACCESS_LOG}
    )


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("main.py"), _FLOOR)
    return buffer.getvalue()


def main(arguments: Sequence[str], take: Callable[[int], list[float]] = measure) -> None:
    """Print the percentiles; exit with status 1 when the median misses the goal."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.commands.overhead", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    taken = take(parser.parse_args(arguments).requests)
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    print(f"{len(taken)} warm requests: p50 {cuts[49]:.2f} ms, p90 {cuts[89]:.2f} ms, p99 {cuts[98]:.2f} ms")
    if cuts[49] >= GOAL_MS:
        sys.exit(f"the median must stay below {GOAL_MS} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
