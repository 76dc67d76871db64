"""Zips of hand-written code, served over HTTP as by the control plane, and deployments of them."""

import hashlib
import threading
import zipfile
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self, override

from local_aws.iam.credentials import Credentials
from local_aws.model.deployment import Api, Archive, Deployment, Function, Logging, Route

CONTROL_PLANE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_REGION": "eu-central-1",
}
CREDENTIALS = Credentials("ASIAROLE", "secret-of-the-role", "token-of-the-role")
NOWHERE = Archive("0" * 64, "http://127.0.0.1:1/absent.zip")


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        return


class Zips:
    """Serves a folder while the block runs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(self._folder)))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, files: Mapping[str, str]) -> Archive:
        """Serve a zip of files (path to text)."""
        draft = self._folder / "draft"
        with zipfile.ZipFile(draft, "w") as zipped:
            for name, text in files.items():
                zipped.writestr(zipfile.ZipInfo(name), text)
        digest = hashlib.sha256(draft.read_bytes()).hexdigest()
        draft.rename(self._folder / f"{digest}.zip")
        return Archive(digest, f"http://127.0.0.1:{self._server.server_port}/{digest}.zip")


def assume(role_arn: str, session_name: str) -> Credentials:
    """Replace STS."""
    assert role_arn.endswith(f":role/{session_name}")
    return CREDENTIALS


def deliver(group: str, stream: str, timestamp: int, message: str) -> None:
    """Replace CloudWatch Logs."""


def unmounted(_work: Path) -> bool:
    """Keep the environments' folders where tests find them."""
    return False


def a_function(
    *,
    name: str = "echo",
    code: Archive = NOWHERE,
    layers: tuple[Archive, ...] = (),
    timeout: int = 5,
    log_format: str = "Text",
    variables: Mapping[str, str] | None = None,
    reserved_concurrency: int | None = None,
    memory: int = 256,
) -> Function:
    """Return a function whose handler is `main.handler`."""
    return Function(
        name=name,
        version="7",
        arn=f"arn:aws:lambda:eu-central-1:123456789012:function:{name}:live",
        role=f"arn:aws:iam::123456789012:role/{name}",
        runtime="python3.13",
        handler="main.handler",
        timeout=timeout,
        memory=memory,
        code=code,
        layers=layers,
        logging=Logging(f"/aws/lambda/{name}", "JSON" if log_format == "JSON" else "Text"),
        variables=variables or {},
        reserved_concurrency=reserved_concurrency,
    )


def a_deployment(
    function: Function, *, key: str = "$default", timeout: float = 30.0, api: Api | None = None
) -> Deployment:
    """Return a deployment of one function with one route."""
    return Deployment(api or Api("abc123"), (Route(key, function.arn, timeout),), {function.arn: function})
