"""The stages of a secret: caching, behaviour during an outage, and secrecy of the key."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import deadline
from common.auth import secret_stages
from common.auth.keys import CURRENT, PREVIOUS, SecretUnavailable, SigningKey
from common.auth.secret_stages import KEPT_SECONDS, SILENT_SECONDS, SecretStages
from common.telemetry import logs
from tests.common.lines import CALL, Lines
from tests.support.moto_secrets import NEW, OLD, Clock, Secret, secret_on_moto

FIVE_MINUTES = 300  # seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_key_id_is_stable_and_does_not_reveal_the_key() -> None:
    assert SigningKey.of(OLD.value) == OLD
    assert OLD.kid != NEW.kid
    assert (len(OLD.kid), OLD.kid in OLD.value) == (16, False)
    assert OLD.value not in repr(OLD)


@pytest.fixture
def secret() -> Iterator[Secret]:
    with secret_on_moto() as secret:
        yield secret


@pytest.fixture
def stages(secret: Secret, clock: Clock, function_environment: dict[str, str]) -> SecretStages:
    assert function_environment
    return SecretStages(secret.client, secret.arn, clock)


def test_stage_is_fetched_once_at_first_use(stages: SecretStages, secret: Secret) -> None:
    assert secret.reads == []
    assert stages.read(CURRENT) == stages.read(CURRENT) == OLD
    assert secret.reads == [CURRENT]


def test_stages_are_cached_separately(stages: SecretStages, secret: Secret) -> None:
    secret.put(NEW)
    assert (stages.read(CURRENT), stages.read(PREVIOUS)) == (NEW, OLD)
    assert (stages.read(CURRENT), stages.read(PREVIOUS)) == (NEW, OLD)
    assert secret.reads == [CURRENT, PREVIOUS]


def test_stage_is_fetched_again_after_five_minutes(stages: SecretStages, secret: Secret, clock: Clock) -> None:
    stages.read(CURRENT)
    secret.put(NEW)
    clock.now += FIVE_MINUTES - 1
    assert stages.read(CURRENT) == OLD
    clock.now += 1
    assert stages.read(CURRENT) == NEW


def test_forced_read_bypasses_the_cache(stages: SecretStages, secret: Secret) -> None:
    stages.read(CURRENT)
    secret.put(NEW)
    assert stages.read(CURRENT, force=True) == stages.read(CURRENT) == NEW


def test_missing_previous_stage_is_cached(stages: SecretStages, secret: Secret, clock: Clock) -> None:
    assert stages.read(PREVIOUS) is None
    clock.now += KEPT_SECONDS - 1
    assert stages.read(PREVIOUS) is None
    assert secret.reads == [PREVIOUS]
    secret.put(NEW)
    assert stages.read(PREVIOUS, force=True) == OLD


def test_new_previous_stage_is_found_after_half_a_minute(stages: SecretStages, secret: Secret, clock: Clock) -> None:
    assert stages.read(PREVIOUS) is None
    secret.put(NEW)
    clock.now += KEPT_SECONDS
    assert stages.read(PREVIOUS) == OLD


def test_stale_key_is_used_during_an_outage(
    stages: SecretStages, secret: Secret, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    stages.read(CURRENT)
    secret.put(NEW)
    secret.unavailable = True
    clock.now += FIVE_MINUTES
    assert [stages.read(CURRENT) for _ in range(3)] == [OLD] * 3
    assert secret.reads == [CURRENT] * 3
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["level"], line["secret"], line["stage"]) == ("WARNING", secret.arn, CURRENT)
    assert line["reason"] == "EndpointConnectionError"
    clock.now += KEPT_SECONDS
    assert stages.read(CURRENT) == OLD
    assert secret.reads == [CURRENT] * 5
    secret.unavailable = False
    clock.now += KEPT_SECONDS
    assert stages.read(CURRENT) == NEW


def test_missing_previous_stage_stays_cached_during_an_outage(
    stages: SecretStages, secret: Secret, clock: Clock
) -> None:
    assert stages.read(PREVIOUS) is None
    secret.unavailable = True
    clock.now += FIVE_MINUTES
    assert stages.read(PREVIOUS) is None
    with pytest.raises(SecretUnavailable):
        stages.read(PREVIOUS, force=True)
    assert stages.read(PREVIOUS) is None
    assert secret.reads == [PREVIOUS] * 3


def test_forced_read_of_an_absent_stage_is_an_error_once(stages: SecretStages, clock: Clock, lines: Lines) -> None:
    with pytest.raises(SecretUnavailable):
        stages.read(PREVIOUS, force=True)
    [line] = lines()
    assert (line["level"], line["stage"], line["aws_error"]) == ("ERROR", PREVIOUS, "ResourceNotFoundException")
    clock.now += 1
    assert stages.read(PREVIOUS, force=True) is None
    assert lines() == []


def test_forced_read_is_an_error_during_an_outage(
    stages: SecretStages, secret: Secret, clock: Clock, lines: Lines
) -> None:
    stages.read(CURRENT)
    secret.unavailable = True
    for _ in range(2):
        with pytest.raises(SecretUnavailable):
            stages.read(CURRENT, force=True)
    clock.now += SILENT_SECONDS
    with pytest.raises(SecretUnavailable):
        stages.read(CURRENT, force=True)
    assert stages.read(CURRENT) == OLD
    assert [(line["level"], line["aws_operation"], line["aws_attempts"]) for line in lines()] == [
        ("ERROR", "GetSecretValue", 2),
        ("ERROR", "GetSecretValue", 0),
        ("ERROR", "GetSecretValue", 2),
    ]


def test_outage_without_cached_key_is_an_error_retried_once_a_second(
    stages: SecretStages, secret: Secret, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    secret.unavailable = True
    for stage in (CURRENT, CURRENT, PREVIOUS):
        with pytest.raises(SecretUnavailable):
            stages.read(stage)
    assert secret.reads == [CURRENT] * 2
    first, *others = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["level"], first["aws_attempts"]) == ("ERROR", 2)
    assert [(line["level"], line["stage"], line["aws_attempts"]) for line in others] == [
        ("ERROR", CURRENT, 0),
        ("ERROR", PREVIOUS, 0),
    ]
    assert {line["aws_error"] for line in others} == {"EndpointConnectionError"}
    secret.unavailable = False
    clock.now += SILENT_SECONDS
    assert stages.read(CURRENT) == OLD


UNUSABLE = [
    "the word hunter2",
    '"hunter2"',
    "{}",
    '{"jwt_secret": null}',
    json.dumps({"jwt_secret": "hunter2" * 4 + "123"}),
    '{"jwt_secret": "hunter2\\ud800hunter2hunter2hunter2hunter2"}',
    '{"other": "hunter2hunter2hunter2hunter2hunter2hunter2"}',
]


@pytest.mark.parametrize("text", UNUSABLE)
def test_unusable_secret_is_logged_without_its_value(
    stages: SecretStages, secret: Secret, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    secret.put_text(text)
    with pytest.raises(SecretUnavailable) as raised:
        stages.read(CURRENT)
    written = capsys.readouterr().out
    assert "jwt_secret" in json.loads(written)["reason"]
    assert "hunter2" not in written + str(raised.value) + raised.value.detail


def test_key_of_32_bytes_is_accepted(stages: SecretStages, secret: Secret) -> None:
    secret.put_text(json.dumps({"jwt_secret": "é" * 16}))
    assert stages.read(CURRENT) == SigningKey.of("é" * 16)


@pytest.mark.parametrize("text", UNUSABLE)
def test_unusable_secret_does_not_replace_the_cached_key(
    stages: SecretStages, secret: Secret, clock: Clock, text: str
) -> None:
    stages.read(CURRENT)
    secret.put_text(text)
    clock.now += FIVE_MINUTES
    assert stages.read(CURRENT) == OLD
    with pytest.raises(SecretUnavailable):
        stages.read(CURRENT, force=True)
    assert stages.read(CURRENT) == OLD
    secret.put(NEW)
    clock.now += KEPT_SECONDS
    assert stages.read(CURRENT) == NEW
    assert stages.read(PREVIOUS) is None  # It never signed a token.


def test_aws_error_code_is_logged(
    secret: Secret, clock: Clock, function_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert function_environment
    with pytest.raises(SecretUnavailable):
        SecretStages(secret.client, "nowhere", clock).read(CURRENT)
    assert "ResourceNotFoundException" in json.loads(capsys.readouterr().out)["reason"]


def test_call_that_failed_is_one_line_with_service_operation_error_and_attempts(
    stages: SecretStages, secret: Secret, lines: Lines
) -> None:
    secret.unavailable = True
    with pytest.raises(SecretUnavailable):
        stages.read(CURRENT)
    [line] = lines()
    assert {name: line[name] for name in CALL} == {
        "aws_service": "Secrets Manager",
        "aws_operation": "GetSecretValue",
        "aws_error": "EndpointConnectionError",
        "aws_attempts": 2,
    }


def test_secret_is_not_read_when_the_invocation_has_no_time_left(
    stages: SecretStages, secret: Secret, lines: Lines
) -> None:
    deadline.begin(3000)
    try:
        with pytest.raises(SecretUnavailable):
            stages.read(CURRENT)
    finally:
        deadline.end()
    assert secret.reads == []
    # The next invocation has time.
    assert stages.read(CURRENT) == OLD
    [line] = lines()
    assert (line["aws_error"], line["reason"], line["aws_attempts"]) == ("NoTimeLeft", "NoTimeLeft", 0)


def test_new_key_is_read_a_second_after_a_failure(stages: SecretStages, secret: Secret, clock: Clock) -> None:
    stages.read(CURRENT)
    secret.unavailable = True
    clock.now += FIVE_MINUTES
    assert stages.read(CURRENT) == OLD
    secret.unavailable = False
    secret.put(NEW)
    with pytest.raises(SecretUnavailable):
        stages.read(CURRENT, force=True)
    clock.now += SILENT_SECONDS
    # The cached key is enough for a token that it signed.
    assert stages.read(CURRENT) == OLD
    assert stages.read(CURRENT, force=True) == NEW


def test_key_is_never_logged(
    stages: SecretStages, function_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert function_environment
    logs.start("DEBUG", environment="test", version="0")
    assert stages.read(CURRENT) == OLD
    logs.logger().info("keys", extra={"keys": [OLD]})
    written = capsys.readouterr()
    assert OLD.kid in written.out
    assert OLD.value not in written.out + written.err


# Runs in its own process, because botocore stays patched. The emitter replaces the X-Ray daemon.
TRACED = """
import boto3
from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import xray_recorder
from moto import mock_aws
from common.auth.keys import CURRENT
from common.auth.secret_stages import SecretStages

class Emitter:
    def send_entity(self, entity):
        print(entity.serialize())

Tracer(service="keys", patch_modules=("botocore",), disabled=False)
xray_recorder.configure(emitter=Emitter())
with mock_aws():
    with xray_recorder.in_segment("test"):
        client = boto3.client("secretsmanager")
        client.create_secret(Name="jwt", SecretString='{"jwt_secret": "hunter2-hunter2-hunter2-hunter2-hunter2"}')
        assert SecretStages(client, "jwt").read(CURRENT).value.startswith("hunter2")
"""


def test_key_is_never_traced() -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRACED],
        env=os.environ | {"PYTHONPATH": str(Path(secret_stages.__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert '"GetSecretValue"' in finished.stdout
    assert "hunter2" not in finished.stdout + finished.stderr
