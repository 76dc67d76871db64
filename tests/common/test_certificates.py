"""The roots by which the functions recognise AWS, and private ones."""

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import botocore
import pytest
from cryptography import x509  # pants: no-infer-dep
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # pants: no-infer-dep
from cryptography.x509.oid import NameOID  # pants: no-infer-dep

from common.dynamodb.client import DatabaseUnavailable, DynamoCall, make_client
from tests.common.lines import Lines
from tests.support.tls_server import Authority, served

ROOTS = files("common").joinpath("amazon_roots.pem").read_text()
BOTOCORE = Path(botocore.__file__).with_name("cacert.pem").read_text()
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
# https://www.amazontrust.com/repository/ lists the SHA-256 of each key (read in November 2026).
PUBLISHED = {
    "Amazon Root CA 1": "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "Amazon Root CA 2": "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "Amazon Root CA 3": "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "Amazon Root CA 4": "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "Starfield Services Root Certificate Authority - G2": (
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92"
    ),
}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # that of the oldest root is 0
def test_roots_are_those_that_amazon_publishes() -> None:
    found = {}
    for text in CERTIFICATE.findall(ROOTS):
        certificate = x509.load_pem_x509_certificate(text.encode())
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        found[name.value] = hashlib.sha256(key).hexdigest()
        # It is its own issuer.
        certificate.verify_directly_issued_by(certificate)
        assert certificate.not_valid_after_utc > dt.datetime.now(dt.UTC)
    assert found == PUBLISHED


def test_botocore_trusts_the_same_certificates() -> None:
    assert set(CERTIFICATE.findall(ROOTS)) <= set(CERTIFICATE.findall(BOTOCORE))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tables(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], list[str]]]:
    """Return a function that lists the tables of a server, whose certificate must be by these roots."""
    for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def listed(address: str, roots: Path) -> list[str]:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(roots))
        names: list[str] = DynamoCall(make_client(), "list_tables").make({})["TableNames"]
        return names

    with served(authority) as port:
        yield functools.partial(listed, f"https://127.0.0.1:{port}")


def test_private_ca_is_possible(tables: Callable[[Path], list[str]], authority: Authority) -> None:
    assert tables(authority.roots) == ["here"]


def test_private_ca_beside_amazons_roots_is_possible(
    tables: Callable[[Path], list[str]], authority: Authority, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_text(ROOTS + authority.roots.read_text())
    assert tables(both) == ["here"]


def test_server_of_an_unknown_ca_is_an_unavailable_database(
    tables: Callable[[Path], list[str]], tmp_path: Path, function_environment: dict[str, str], lines: Lines
) -> None:
    assert function_environment
    amazon = tmp_path / "amazon_roots.pem"
    amazon.write_text(ROOTS)
    with pytest.raises(DatabaseUnavailable) as raised:
        tables(amazon)
    failed = raised.value.__cause__
    assert failed is not None
    assert "CERTIFICATE_VERIFY_FAILED" in str(failed.__cause__)
    [line] = lines()
    assert (line["aws_error"], line["aws_attempts"]) == ("SSLError", 1)
