"""An account that publishes, and one that only deploys: the same zips, by roles that read no more than these."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from environments.account import Account, client
from environments.artefacts import publish
from environments.bootstrap import bootstrap
from environments.deployment import deploy, plan
from environments.environment import Environment
from environments.policies.recording import assumed
from local_aws.control_plane.server import ControlPlane
from monorepo.product import product
from tests.production.environments.host import environment_of
from tests.support.fake_zips import make_zips

FIRST, SECOND = "123456789012", "222222222222"
HEADER = "x-moto-account-id"
type Variables = dict[str, str]


class InSecondAccount(BaseHTTPRequestHandler):
    """Forwards the operator's calls to the control plane as those of the second account's operator."""

    protocol_version = "HTTP/1.1"
    control_plane: ClassVar[str]

    def forward(self) -> None:
        connection = http.client.HTTPConnection(self.control_plane, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items()) | {"Host": self.control_plane, HEADER: SECOND}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        content = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", response.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = forward  # noqa: N815 - http.server's names

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@contextmanager
def second_operator(first: Variables) -> Iterator[Variables]:
    """Yield the variables of an operator of the second account."""
    InSecondAccount.control_plane = urlsplit(first["AWS_ENDPOINT_URL"]).netloc
    server = ThreadingHTTPServer(("127.0.0.1", 0), InSecondAccount)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield first | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Variables, Variables]]:
    """Return the variables of the operators of two accounts that are bootstrapped as docs/production.md says."""
    work = tmp_path_factory.mktemp("work")
    accounts = work / "accounts"
    accounts.mkdir()
    with ControlPlane() as control_plane, second_operator(control_plane.environment) as second:
        first = control_plane.environment
        region = first["AWS_REGION"]
        (accounts / f"{FIRST}-{region}.tfvars").write_text(
            'repository = "octo-org/octo-repo"\nenvironments = { dev = {}, staging = { publishes = true } }\n'
            f'artefact_reader_accounts = ["{SECOND}"]\n'
        )
        (accounts / f"{SECOND}-{region}.tfvars").write_text(
            f'repository = "octo-org/octo-repo"\nenvironments = {{ prod = {{}} }}\nartefact_account = "{FIRST}"\n'
        )
        for operator in (first, second):
            with environment_of(operator):
                bootstrap(None, [], lambda *_: True, accounts=accounts, work=work / operator["AWS_ENDPOINT_URL"][-5:])
        yield first, second


def role(name: str, operator: Variables) -> Variables:
    """Return the variables of a role, whose calls need no proxy."""
    return assumed(f"{product().name}-{name}-{operator['AWS_REGION']}", operator)


def test_second_account_deploys_what_the_first_has_published(
    operators: tuple[Variables, Variables], tmp_path: Path
) -> None:
    first, second = operators
    direct = {"AWS_ENDPOINT_URL": first["AWS_ENDPOINT_URL"]}
    make_zips(tmp_path / "dist")
    with environment_of(role("staging-deploy", first)):
        publisher = Account.current()
        assert publisher.id == FIRST
        publish("v1", publisher, tmp_path / "dist")
    (tmp_path / "prod.tfvars").write_text(f'environment = "prod"\nartefact_bucket = "{publisher.artefact_bucket}"\n')
    (tmp_path / "prod.s3.tfbackend").write_text('key = "prod/terraform.tfstate"\nuse_lockfile = true\n')
    prod = Environment("prod", "prod", folder=tmp_path, work=tmp_path / "work")
    with environment_of(role("prod-plan", second) | direct):
        assert plan(prod, "v1", []) == 0
    with environment_of(role("prod-deploy", second) | direct):
        account = Account.current()
        assert account.id == SECOND
        assert plan(prod, "v1", []) == 0
        assert deploy(prod) == 0  # Compares the code of each function with the release.
        assert plan(prod, None, ["-detailed-exitcode"]) == 0
        with pytest.raises(ClientError, match="AccessDenied"):
            client("s3", account.region).put_object(Bucket=publisher.artefact_bucket, Key="zips/other.zip")
        with pytest.raises(ClientError, match="AccessDenied"):
            client("s3", account.region).get_object(Bucket=publisher.state_bucket, Key="dev/terraform.tfstate")
    with environment_of(second):
        functions = client("lambda", account.region).list_functions()["Functions"]
    assert functions
    assert {one["FunctionArn"].split(":")[4] for one in functions} == {SECOND}


def test_bucket_lets_the_second_account_read_releases(operators: tuple[Variables, Variables]) -> None:
    """The embedded AWS does not evaluate this policy for callers of another account."""
    first, _ = operators
    with environment_of(first):
        account = Account.current()
        document = json.loads(client("s3", account.region).get_bucket_policy(Bucket=account.artefact_bucket)["Policy"])
    allowed = {one["Sid"]: one for one in document["Statement"] if one["Effect"] == "Allow"}
    bucket = f"arn:aws:s3:::{account.artefact_bucket}"
    assert {sid: one["Resource"] for sid, one in allowed.items()} == {
        "AccountsReadReleases": f"{bucket}/*",
        "AccountsFindReleases": bucket,
    }
    assert {one["Principal"]["AWS"] for one in allowed.values()} == {f"arn:aws:iam::{SECOND}:root"}
