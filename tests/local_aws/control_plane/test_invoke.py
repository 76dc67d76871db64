"""Lambda's Invoke: boto3 runs functions from zips, in the environments that serve HTTP requests too."""

import base64
import io
import json
import logging
import socket
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane
from local_aws.iam.credentials import RoleCredentials
from tests.local_aws.data_plane.account import Account
from tests.local_aws.iam.roles import ACCOUNT, make_role, policy, rejected, role_client
from tests.support.deployed.data_plane import data_plane
from tests.support.eventually import eventually
from tests.support.moto_servers import aws_client

REGION = "eu-central-1"
NAME = "runner"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
SOURCE = """
import os, socket
def handler(event, context):
    if not isinstance(event, dict):
        return event
    if "fail" in event:
        raise type(event["fail"], (Exception,), {})("it failed")
    if "exit" in event:
        os._exit(1)
    if "print" in event:
        print(event["print"])
    if "port" in event:
        with socket.create_connection(("127.0.0.1", event["port"])) as gate:
            gate.sendall(context.aws_request_id.encode())
            gate.recv(1)  # Until the test closes the connection.
    return {"event": event, "arn": context.invoked_function_arn, "version": context.function_version,
            "environment": context.log_stream_name, "trace": os.environ["_X_AMZN_TRACE_ID"]}
"""


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", source)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """Return a control plane of these tests' own, because a data plane serves the only API."""
    with ControlPlane() as running:
        yield running


@pytest.fixture(scope="module")
def lambda_(control_plane: ControlPlane) -> Iterator[Any]:
    """Return a client; the function `runner` is applied, and its alias `live` is routed."""
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(aws_client(name, control_plane.environment))
            for name in ("apigatewayv2", "iam", "lambda", "logs")
        }
        role = make_role(clients["iam"], NAME)
        clients["logs"].create_log_group(logGroupName=f"/aws/lambda/{NAME}")
        account = Account(control_plane.environment, clients["apigatewayv2"], clients["lambda"])
        settings = {"Handler": "main.handler", "Code": {"ZipFile": zipped(SOURCE)}, "Role": role, "Timeout": 20}
        live = account.function(NAME, caller="", **settings)
        clients["lambda"].add_permission(
            FunctionName=NAME,
            Qualifier="live",
            StatementId="http-api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        clients["lambda"].create_alias(FunctionName=NAME, Name="other", FunctionVersion="1")
        api = account.api()
        account.route(api, "$default", live)
        account.stage(api)
        yield clients["lambda"]


@pytest.fixture(scope="module")
def plane(lambda_: Any, control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataPlane]:
    assert lambda_.list_functions()["Functions"]
    with data_plane(control_plane.environment, tmp_path_factory.mktemp("work")) as serving:
        control_plane.invoke_on(serving.admin_url)
        yield serving


@pytest.fixture
def client(plane: DataPlane, lambda_: Any) -> Any:
    assert plane.url
    return lambda_


def invoke(client: Any, event: object = None, **arguments: Any) -> Any:
    """Invoke the routed alias, and return its result."""
    payload = json.dumps({} if event is None else event)
    response = client.invoke(FunctionName=NAME, **{"Qualifier": "live", "Payload": payload} | arguments)
    assert "FunctionError" not in response
    return json.loads(response["Payload"].read())


def test_function_cannot_run_before_there_is_a_data_plane(lambda_: Any) -> None:
    # The first test of this file, because the others share a data plane.
    message = rejected(lambda: lambda_.invoke(FunctionName=NAME), "UnsupportedOperationException")
    assert "only `make up` runs functions" in message


def test_payload_is_the_event_and_the_result_comes_back(client: Any) -> None:
    response = client.invoke(FunctionName=NAME, Qualifier="live", Payload=json.dumps({"title": "é"}))
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "1")
    assert not {"FunctionError", "LogResult"} & response.keys()
    result = json.loads(response["Payload"].read())
    assert (result["event"], result["arn"], result["version"]) == ({"title": "é"}, f"{ARN}:live", "1")
    assert invoke(client, [1, None]) == [1, None]
    assert json.loads(client.invoke(FunctionName=NAME)["Payload"].read())["event"] == {}


def test_environment_of_http_requests_is_used(plane: DataPlane, client: Any) -> None:
    environment = httpx2.get(plane.url).json()["environment"]
    assert invoke(client)["environment"] == environment
    assert invoke(client, Qualifier="1")["environment"] == environment


@pytest.mark.parametrize(
    ("function", "qualifier", "version"),
    [
        (NAME, None, "$LATEST"),
        (NAME, "$LATEST", "$LATEST"),
        (NAME, "other", "1"),
        (f"{NAME}:other", None, "1"),
        (ARN, None, "$LATEST"),
        (f"{ARN}:live", None, "1"),
        (f"{ACCOUNT}:function:{NAME}", "1", "1"),
    ],
)
def test_qualifier_chooses_the_version(client: Any, function: str, qualifier: str | None, version: str) -> None:
    arguments = {"Qualifier": qualifier} if qualifier else {}
    response = client.invoke(FunctionName=function, **arguments)
    assert response["ExecutedVersion"] == version
    assert json.loads(response["Payload"].read())["version"] == version


def test_unrouted_function_is_run_as_it_is_applied_now(plane: DataPlane, client: Any) -> None:
    first, second = (invoke(client, Qualifier="$LATEST")["environment"] for _ in range(2))
    assert first == second
    client.update_function_code(FunctionName=NAME, ZipFile=zipped("def handler(event, context):\n    return 'new'"))
    assert invoke(client, Qualifier="$LATEST") == "new"
    assert httpx2.get(plane.url).json()["version"] == "1"
    client.update_function_code(FunctionName=NAME, ZipFile=zipped(SOURCE))
    assert invoke(client, Qualifier="$LATEST")["version"] == "$LATEST"


@pytest.mark.parametrize(
    ("event", "kind"), [({"fail": "TooManyRequestsException"}, "TooManyRequestsException"), ({"exit": 1}, None)]
)
def test_failed_function_is_a_function_error(client: Any, event: dict[str, Any], kind: str | None) -> None:
    response = client.invoke(FunctionName=NAME, Qualifier="live", Payload=json.dumps(event))
    assert (response["StatusCode"], response["FunctionError"], response["ExecutedVersion"]) == (200, "Unhandled", "1")
    assert json.loads(response["Payload"].read())["errorType"] == (kind or "Runtime.ExitError")


def test_tail_of_the_log_is_returned_if_requested(client: Any) -> None:
    payload = json.dumps({"print": "x" * 5000 + "printed"})
    response = client.invoke(FunctionName=NAME, Qualifier="live", Payload=payload, LogType="Tail")
    log = base64.b64decode(response["LogResult"]).decode()
    assert len(log) == 4096
    assert "xprinted\n" in log
    assert f"REPORT RequestId: {response['ResponseMetadata']['RequestId']}" in log


def test_trace_of_the_caller_is_continued(client: Any) -> None:
    root = "1-5759e988-bd862e3fe1be46a994272793"

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = f"Root={root};Sampled=0"

    client.meta.events.register("before-send.lambda.Invoke", add)
    try:
        assert f"Root={root};" in invoke(client)["trace"]
    finally:
        client.meta.events.unregister("before-send.lambda.Invoke", add)


class Gate:
    """A port at which invocations wait."""

    def __init__(self, server: socket.socket) -> None:
        server.settimeout(30)
        self._server = server
        self.event = json.dumps({"port": server.getsockname()[1]})

    def arrived(self) -> tuple[str, socket.socket]:
        """Wait for an invocation; return its request id, and the connection whose end lets it continue."""
        connection, _ = self._server.accept()
        return connection.recv(36).decode(), connection


@pytest.fixture
def gate() -> Iterator[Gate]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Gate(server)


def test_event_is_accepted_before_the_function_ends(client: Any, gate: Gate) -> None:
    response = client.invoke(FunctionName=NAME, Qualifier="live", InvocationType="Event", Payload=gate.event)
    assert (response["StatusCode"], response["Payload"].read()) == (202, b"")
    request_id, connection = gate.arrived()
    connection.close()
    assert request_id == response["ResponseMetadata"]["RequestId"]


def test_failed_event_is_logged(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        event = json.dumps({"fail": "Broken"})
        assert client.invoke(FunctionName=NAME, Qualifier="live", InvocationType="Event", Payload=event)
        eventually(lambda: "failed: Broken. AWS would retry it. Here it is lost." in caplog.text, expected=True)


def test_dry_run_runs_nothing(client: Any) -> None:
    response = client.invoke(
        FunctionName=NAME, Qualifier="live", InvocationType="DryRun", Payload=json.dumps({"print": "dry"})
    )
    assert response["StatusCode"] == 204
    log = client.invoke(FunctionName=NAME, Qualifier="live", LogType="Tail")["LogResult"]
    assert "dry" not in base64.b64decode(log).decode()


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        ({"FunctionName": "nowhere"}, "ResourceNotFoundException", 404),
        ({"FunctionName": NAME, "Qualifier": "nowhere"}, "ResourceNotFoundException", 404),
        ({"FunctionName": NAME, "Qualifier": "9", "InvocationType": "DryRun"}, "ResourceNotFoundException", 404),
        ({"FunctionName": ARN.replace("central", "west")}, "ResourceNotFoundException", 404),
        ({"FunctionName": NAME, "Payload": b"{"}, "InvalidRequestContentException", 400),
        ({"FunctionName": NAME, "Payload": b"\xff"}, "InvalidRequestContentException", 400),
        ({"FunctionName": NAME, "Payload": b"NaN"}, "InvalidRequestContentException", 400),
        ({"FunctionName": NAME, "Payload": b"[" * 100_000}, "InvalidRequestContentException", 400),
        ({"FunctionName": NAME, "Payload": b'"' + b"x" * 6_291_455 + b'"'}, "RequestTooLargeException", 413),
        (
            {"FunctionName": NAME, "InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_575 + b'"'},
            "RequestTooLargeException",
            413,
        ),
        ({"FunctionName": NAME, "InvocationType": "Later"}, "InvalidParameterValueException", 400),
        ({"FunctionName": NAME, "ClientContext": "e30="}, "InvalidParameterValueException", 400),
    ],
)
def test_invalid_call_is_rejected(client: Any, arguments: dict[str, Any], code: str, status: int) -> None:
    rejected(lambda: client.invoke(**arguments), code, status)


def test_largest_payload_is_accepted(client: Any) -> None:
    largest = "x" * (6_291_456 - 2 - 100)
    assert invoke(client, largest) == largest


def test_reserved_concurrency_holds_for_direct_invocations(
    control_plane: ControlPlane, client: Any, gate: Gate
) -> None:
    role = client.get_function(FunctionName=NAME)["Configuration"]["Role"]
    client.create_function(
        FunctionName="single",
        Runtime="python3.13",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": zipped(SOURCE)},
        Timeout=20,
    )
    client.put_function_concurrency(FunctionName="single", ReservedConcurrentExecutions=1)
    assert client.invoke(FunctionName="single", InvocationType="Event", Payload=gate.event)["StatusCode"] == 202
    _, connection = gate.arrived()
    with aws_client("lambda", control_plane.environment, retries={"total_max_attempts": 1}) as impatient:
        rejected(lambda: impatient.invoke(FunctionName="single"), "TooManyRequestsException", 429)
    connection.close()
    assert client.invoke(FunctionName="single")["StatusCode"] == 200


def test_function_with_another_runtime_is_rejected_with_the_reason(client: Any) -> None:
    role = client.get_function(FunctionName=NAME)["Configuration"]["Role"]
    client.create_function(
        FunctionName="old", Runtime="nodejs22.x", Role=role, Handler="main.handler", Code={"ZipFile": zipped("")}
    )
    message = rejected(lambda: client.invoke(FunctionName="old"), "InvalidParameterValueException")
    assert message == "old has the runtime nodejs22.x: only python3.13 is served"


def test_role_needs_the_permission_for_the_named_function(control_plane: ControlPlane, client: Any) -> None:
    with aws_client("iam", control_plane.environment) as iam:
        caller = make_role(iam, "caller")
        credentials = RoleCredentials(control_plane.environment).assume(caller, "caller")
        with role_client("lambda", control_plane.environment, credentials) as theirs:
            for granted, named in ((ARN, {"Qualifier": "live"}), (f"{ARN}:live", {})):
                grants = policy({granted: ["lambda:InvokeFunction"]})
                iam.put_role_policy(RoleName="caller", PolicyName="service", PolicyDocument=grants)
                message = rejected(lambda named=named: theirs.invoke(FunctionName=NAME, **named), status=403)  # type: ignore[misc]
                lacking = f"{ARN}:live" if named else ARN
                assert f"not authorized to perform: lambda:InvokeFunction on resource: {lacking} " in message
            assert theirs.invoke(FunctionName=NAME, Qualifier="live")["StatusCode"] == 200
    assert client
