"""A secret on moto that tests observe, rotate and make unavailable, and a clock for its cache."""

import atexit
import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from common.auth.keys import SigningKey

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

OLD, NEW, NEWEST = (
    SigningKey.of(f"{name} key, long enough to sign with") for name in ("an old", "a new", "the newest")
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Secret:
    """A secret on moto: records the stages that are read, and cannot be read while `unavailable` is true."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self.client = client
        self.arn = client.create_secret(Name="jwt")["ARN"]
        self.reads: list[str] = []
        self.unavailable = False
        self._watched: dict[str, Callable[..., None]] = {"before-call": self._record, "before-send": self._fail}
        for event, handler in self._watched.items():
            client.meta.events.register(f"{event}.secretsmanager.GetSecretValue", handler)

    def unwatch(self) -> None:
        for event, handler in self._watched.items():
            self.client.meta.events.unregister(f"{event}.secretsmanager.GetSecretValue", handler)

    def put(self, key: SigningKey) -> None:
        self.put_text(json.dumps({"jwt_secret": key.value}))

    def put_text(self, text: str) -> None:
        self.client.put_secret_value(SecretId=self.arn, SecretString=text)

    @contextmanager
    def previous(self, fault: Literal["missing", "not JSON"]) -> Iterator[None]:
        """Let the previous stage be missing, or not JSON."""
        stage: dict[str, str] = {"SecretId": self.arn, "VersionStage": "AWSPREVIOUS"}
        if fault == "missing":
            [version] = [
                one["VersionId"]
                for one in self.client.list_secret_version_ids(SecretId=self.arn)["Versions"]
                if "AWSPREVIOUS" in one["VersionStages"]
            ]
            self.client.update_secret_version_stage(**stage, RemoveFromVersionId=version)
            yield
            self.client.update_secret_version_stage(**stage, MoveToVersionId=version)
            return
        events: Any = self.client.meta.events
        event = "after-call.secretsmanager.GetSecretValue"
        events.register(event, _spoil_previous)
        try:
            yield
        finally:
            events.unregister(event, _spoil_previous)

    def _record(self, params: dict[str, Any], **_: object) -> None:
        self.reads.append(json.loads(params["body"])["VersionStage"])

    def _fail(self, **_: object) -> None:
        if self.unavailable:
            raise EndpointConnectionError(endpoint_url="https://example.com")


def _spoil_previous(parsed: dict[str, Any], **_: object) -> None:
    if "AWSPREVIOUS" in parsed["VersionStages"]:
        parsed["SecretString"] = "not JSON"


@functools.cache
def _client() -> "SecretsManagerClient":
    """Return the client that all tests share, because creating one takes longer than most tests."""
    client: SecretsManagerClient = boto3.client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))
    atexit.register(client.close)
    return client


@contextmanager
def secret_on_moto() -> Iterator[Secret]:
    """Yield a secret with the key OLD, and delete it afterwards."""
    with mock_aws():
        secret = Secret(_client())
        secret.put(OLD)
        try:
            yield secret
        finally:
            secret.unwatch()
