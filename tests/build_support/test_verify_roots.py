"""The check of AWS's endpoints, on a server of our own: AWS cannot be reached from a test."""

from pathlib import Path

import pytest

from tests.build_support.scripts import load
from tests.support.tls_server import Authority, served

verify_roots = load("verify_roots.py")
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_server_is_trusted_by_the_roots_of_its_certificate_only(authority: Authority) -> None:
    with served(authority) as port:
        assert verify_roots.failure(HERE, authority.roots, port) is None
        assert "CERTIFICATE_VERIFY_FAILED" in verify_roots.failure(HERE, port=port)


def test_unreachable_host_is_a_failure(authority: Authority) -> None:
    with served(authority) as port:
        pass
    assert verify_roots.failure(HERE, authority.roots, port).startswith(f"{HERE}: ")


def test_failures_are_in_the_order_of_the_hosts() -> None:
    assert verify_roots.verify(["a", "b", "c"], lambda host: None if host == "b" else f"{host} fails") == [
        "a fails",
        "c fails",
    ]


def test_hosts_are_those_of_each_service_in_each_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    found = verify_roots.hosts(["dynamodb", "secretsmanager"])
    assert {"dynamodb.eu-central-1.amazonaws.com", "secretsmanager.us-east-1.amazonaws.com"} <= set(found)
    assert len(found) > 40
    assert not [host for host in found if not host.endswith(".amazonaws.com")]
