"""The embedded AWS's control plane: moto's server with its gaps filled, in a child process on loopback.

`python -m local_aws.control_plane.server` is the child: it reads the operator's key as the first line of its standard
input, prints its port and that of the faults as its first line, reads addresses of data planes from its standard input,
prints a line after each, and ends when the input closes. Its options are the file to record the roles' calls in, the
seconds that a minute of a deployment takes, and the file of faults to begin with.
"""

import argparse
import base64
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

REGION = "eu-central-1"
START_SECONDS = 60.0
END_SECONDS = 5.0
MINUTE = 5.0  # seconds, as long as a period of the dashboard


class ControlPlaneError(Exception):
    """The control plane did not start."""


class _Key(NamedTuple):
    """The operator's key, which is allowed everything. The control plane compares the access key id alone."""

    access_key_id: str
    secret_access_key: str

    @classmethod
    def random(cls) -> Self:
        """Return a key with at least 96 random bits in each part. moto expects 20 characters, as AWS's have."""
        return cls(base64.b32encode(secrets.token_bytes(12)).decode().rstrip("="), secrets.token_urlsafe(30))


class ControlPlane:
    """Runs the control plane while the `with` block runs; its resources are lost afterwards.

    Args:
        calls: File to which every call with a role's credentials is appended, for `calls.read_calls`. E-mails of SNS
            are written to the folder `mail` beside it.
        minute: Seconds that a minute of CodeDeploy's deployments takes.
        faults: File of the faults to begin with, as `local_aws.faults.plan.read_faults` reads it.

    Attributes:
        endpoint: The address of AWS.
        faults_url: The address of the faults. It needs the secret access key as bearer token.

    Raises:
        ControlPlaneError: on entering, if the child ends or does not serve within a minute.
    """

    endpoint: str
    faults_url: str

    def __init__(self, calls: Path | None = None, minute: float = MINUTE, faults: Path | None = None) -> None:
        self._calls = calls
        self._minute = minute
        self._faults = faults
        self._key = _Key.random()

    def __enter__(self) -> Self:
        stdin, self._lifeline = os.pipe()  # The kernel closes our end when this process ends, and the child ends too.
        # Not as an argument, because every user of the machine can read those.
        os.write(self._lifeline, f"{json.dumps(self._key)}\n".encode())
        stdout, child_stdout = os.pipe()
        self._lines = os.fdopen(stdout)
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "local_aws.control_plane.server",
                f"--minute={self._minute}",
                *([] if self._calls is None else [f"--calls={self._calls}"]),
                *([] if self._faults is None else [f"--faults={self._faults}"]),
            ],
            stdin=stdin,
            stdout=child_stdout,
            env=_child_environment(os.environ),
            start_new_session=True,  # Ctrl-C reaches only the parent, which ends the child.
        )
        os.close(stdin)
        os.close(child_stdout)
        try:
            port, faults_port = self._read_ports()
            self.endpoint = f"http://127.0.0.1:{port}"
            self.faults_url = f"http://127.0.0.1:{faults_port}/faults"
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables by which every AWS tool finds the control plane, with this run's key."""
        return _variables(self.endpoint, self._key)

    def invoke_on(self, data_plane: str) -> None:
        """Use the functions, metrics and traces of the data plane whose own interface has this address."""
        os.write(self._lifeline, f"{data_plane}\n".encode())
        if not self._lines.readline():
            raise ControlPlaneError("The control plane ended: see its output above.")

    def _read_ports(self) -> tuple[int, int]:
        timer = threading.Timer(START_SECONDS, self._child.kill)
        timer.start()
        try:
            line = self._lines.readline()
        finally:
            timer.cancel()
        if not line:
            raise ControlPlaneError("The control plane ended, or did not start within a minute: see its output above.")
        port, faults_port = line.split()
        return int(port), int(faults_port)

    def _end(self) -> None:
        os.close(self._lifeline)
        self._lines.close()
        try:
            self._child.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def _child_environment(host: Mapping[str, str]) -> dict[str, str]:
    """Return the host's environment without variables that change moto, with our modules on the import path."""
    kept = {name: value for name, value in host.items() if not name.startswith(("AWS_", "MOTO_"))}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}


def _variables(endpoint: str, key: _Key) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


class _Unretried:
    """Responds 501 where moto raises: SDKs retry a 500 for minutes, and moto would raise again."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except Exception as error:
            call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ.get('HTTP_X_AMZ_TARGET', '')}".rstrip()
            logging.getLogger(__name__).exception("moto failed: %s", call)
            message = f"moto {version('moto')} cannot serve {call}: {type(error).__name__}: {error}"
            start_response(
                "501 Not Implemented", [("Content-Type", "application/json"), ("x-amzn-errortype", "NotImplemented")]
            )
            return [json.dumps({"__type": "NotImplemented", "message": message}).encode()]


def _serve(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=Path)
    parser.add_argument("--minute", type=float, default=MINUTE)
    parser.add_argument("--faults", type=Path)
    options = parser.parse_args(arguments)
    # Imported here, because the import takes a second and the parent does not need them.
    from moto.core.config import default_user_config  # noqa: PLC0415
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    from local_aws.clients.data_plane_link import data_plane  # noqa: PLC0415
    from local_aws.cloudwatch import evaluation  # noqa: PLC0415
    from local_aws.cloudwatch.moto_gaps import metrics  # noqa: PLC0415
    from local_aws.codedeploy.deployments import Deployments  # noqa: PLC0415
    from local_aws.codedeploy.moto_gaps import DeploymentsResponse  # noqa: PLC0415
    from local_aws.control_plane import moto_gaps  # noqa: PLC0415
    from local_aws.control_plane.access_front import AccessFront  # noqa: PLC0415
    from local_aws.control_plane.invoke import Invoke  # noqa: PLC0415
    from local_aws.control_plane.repeats import Repeats  # noqa: PLC0415
    from local_aws.control_plane.serial import Serial  # noqa: PLC0415
    from local_aws.control_plane.unsupported import Unsupported  # noqa: PLC0415
    from local_aws.dynamodb.moto_gaps import key_attributes  # noqa: PLC0415
    from local_aws.faults.interface import Interface  # noqa: PLC0415
    from local_aws.faults.layer import Faults  # noqa: PLC0415
    from local_aws.faults.plan import Plan, read_faults  # noqa: PLC0415
    from local_aws.iam.calls import Recorder  # noqa: PLC0415
    from local_aws.same_origin import SameOriginWsgi  # noqa: PLC0415
    from local_aws.sns.moto_gaps import MAILS, Mailbox  # noqa: PLC0415

    key = _Key(*json.loads(sys.stdin.readline()))
    logging.basicConfig(level=logging.WARNING, format="control plane: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # It logs every request.
    default_user_config["lambda"] = {"use_docker": False}
    moto_gaps.apply()
    recorder = Recorder(options.calls) if options.calls else None
    Mailbox.folder = options.calls.parent / MAILS if options.calls else None
    serial = Serial(DomainDispatcherApplication(create_backend_app))
    invoke = Invoke(Unsupported(serial), key.secret_access_key)
    data_plane.token = key.secret_access_key
    plan = Plan(read_faults(options.faults) if options.faults else ())
    front = AccessFront(Faults(invoke, plan, key_attributes), key.access_key_id, recorder)
    application = SameOriginWsgi(Repeats(_Unretried(front), key.access_key_id))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    DeploymentsResponse.deployments = Deployments(
        _variables(f"http://127.0.0.1:{server.port}", key), invoke.read_deployment_again, options.minute
    )
    faults = make_server("127.0.0.1", 0, SameOriginWsgi(Interface(plan), key.secret_access_key), threaded=True)
    for serving in (server, faults):
        threading.Thread(target=serving.serve_forever, daemon=True).start()
    evaluation.start(metrics, serial.lock("monitoring"))
    print(server.port, faults.port, flush=True)
    for line in sys.stdin:
        invoke.data_plane = data_plane.address = line.strip()
        print(flush=True)
    os._exit(0)  # Nothing is persisted, so running threads need not finish.


if __name__ == "__main__":
    _serve(sys.argv[1:])
