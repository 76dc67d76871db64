"""Web pages in the developer's browser get nothing from the control plane, and programs do."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws.control_plane.server import ControlPlane
from local_aws.same_origin import SameOriginWsgi, rejection
from tests.support.moto_servers import aws_client

SECRET = "the-signing-key"


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost:8123"])
def test_own_address_is_served(host: str) -> None:
    assert rejection(8123, [host]) is None
    assert rejection(8123, [host], ["http://127.0.0.1:8123"], ["same-origin"]) is None
    assert rejection(8123, [host], ["http://localhost:8123"], ["none"]) is None


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["127.0.0.1"],
        ["127.0.0.1:8124"],
        ["127.0.0.1:8123 "],
        ["127.0.0.1:8123.evil.example"],
        ["evil.example:8123"],
        ["localhost.:8123"],
        ["0.0.0.0:8123"],
        ["127.0.0.1:8123", "127.0.0.1:8123"],
        ["127.0.0.1:8123,127.0.0.1:8123"],
    ],
)
def test_other_host_is_rejected(hosts: list[str]) -> None:
    assert rejection(8123, hosts) == (421, "use the address 127.0.0.1:8123")


@pytest.mark.parametrize(
    ("origins", "sites"),
    [
        (["https://evil.example"], []),
        (["null"], []),
        ([""], []),
        (["http://127.0.0.1:8000"], []),
        (["https://127.0.0.1:8123"], []),
        (["http://127.0.0.1:8123", "https://evil.example"], []),
        ([], ["cross-site"]),
        ([], ["same-site"]),
        (["http://127.0.0.1:8123"], ["same-site"]),
    ],
)
def test_other_site_is_rejected(origins: list[str], sites: list[str]) -> None:
    assert rejection(8123, ["127.0.0.1:8123"], origins, sites) == (403, "other origins are not served")


@pytest.fixture
def secret_id(control_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    with aws_client("secretsmanager", control_plane.environment) as client:
        name = client.create_secret(Name=request.node.name[:200], SecretString=SECRET)["Name"]
        yield name
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def get_secret(
    control_plane: ControlPlane, secret_id: str, key: str, headers: dict[str, str], method: str = "POST"
) -> tuple[int, dict[str, str], str]:
    """Send what `fetch` would send, with a signature that nobody has made."""
    signed = f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host"
    connection = http.client.HTTPConnection(urlsplit(control_plane.endpoint).netloc, timeout=10)
    aws = {"Authorization": f"{signed}, Signature=0", "X-Amz-Target": "secretsmanager.GetSecretValue"}
    form = {"Content-Type": "application/x-amz-json-1.1"}
    connection.request(method, "/", json.dumps({"SecretId": secret_id}), {**aws, **form, **headers})
    response = connection.getresponse()
    received = response.status, dict(response.getheaders()), response.read().decode()
    connection.close()
    return received


def test_program_with_the_key_reads_a_secret(control_plane: ControlPlane, secret_id: str) -> None:
    key = control_plane.environment["AWS_ACCESS_KEY_ID"]
    status, _, body = get_secret(control_plane, secret_id, key, {})
    assert (status, json.loads(body)["SecretString"]) == (200, SECRET)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_web_page_reads_no_secret_even_with_the_key(
    control_plane: ControlPlane, secret_id: str, headers: dict[str, Any], status: int, method: str
) -> None:
    key = control_plane.environment["AWS_ACCESS_KEY_ID"]
    received, sent, body = get_secret(control_plane, secret_id, key, headers, method)
    assert received == status
    assert SECRET not in body
    assert not [name for name in sent if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("key", ["testing", "test", "AKIAIOSFODNN7EXAMPLE", ""])
def test_guessed_key_reads_no_secret(control_plane: ControlPlane, secret_id: str, key: str) -> None:
    status, _, body = get_secret(control_plane, secret_id, key, {})
    assert status == 400
    assert SECRET not in body


def test_key_of_another_run_reads_no_secret(control_plane: ControlPlane, secret_id: str) -> None:
    with ControlPlane() as another:
        keys = [plane.environment["AWS_ACCESS_KEY_ID"] for plane in (control_plane, another)]
    assert keys[0] != keys[1]
    assert get_secret(control_plane, secret_id, keys[1], {})[0] == 400


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ({"HTTP_AUTHORIZATION": "Bearer right"}, "200 OK"),
        ({}, "401 Unauthorized"),
        ({"HTTP_AUTHORIZATION": "Bearer "}, "401 Unauthorized"),
        ({"HTTP_AUTHORIZATION": "Bearer wrong"}, "401 Unauthorized"),
        ({"HTTP_AUTHORIZATION": "right"}, "401 Unauthorized"),
        ({"HTTP_AUTHORIZATION": "Bearer \xff"}, "401 Unauthorized"),
    ],
)
def test_token_is_required_where_one_is_set(authorization: dict[str, str], status: str) -> None:
    statuses = []

    def start_response(sent: str, *_: Any) -> Any:
        statuses.append(sent)

    def application(_: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return []

    environ = {"SERVER_PORT": "8123", "HTTP_HOST": "127.0.0.1:8123", **authorization}
    list(SameOriginWsgi(application, "right")(environ, start_response))
    assert statuses == [status]
