"""Secrets Manager's gap: a secret is read while it is being rotated."""

import os
import subprocess
import sys
import threading
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from moto.secretsmanager import urls
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from local_aws.secretsmanager import moto_gaps as gap
from tests.support.moto_servers import aws_client, moto_in_this_process
from tests.support.racing import race

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "tools")}


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let a reader meet a running writer. A single call continues after a second. Yields the meetings."""
    meeting = threading.Barrier(2)
    found: list[bool] = []
    read, write = SecretsManagerBackend.get_secret_value, FakeSecret.reset_default_version

    def meet() -> None:
        try:
            meeting.wait(timeout=1)
        except threading.BrokenBarrierError:
            found.append(False)
        else:
            found.append(True)

    def meet_and_read(self: Any, *arguments: Any, **named: Any) -> Any:
        meet()
        return read(self, *arguments, **named)

    def meet_and_write(self: Any, *arguments: Any, **named: Any) -> Any:
        meet()
        return write(self, *arguments, **named)

    monkeypatch.setattr(SecretsManagerBackend, "get_secret_value", meet_and_read)
    monkeypatch.setattr(FakeSecret, "reset_default_version", meet_and_write)
    return found


def test_plain_moto_reads_a_secret_during_rotation(met: list[bool]) -> None:
    rotate_and_read()
    assert met == [True, True]  # When this fails, moto holds a lock: delete secretsmanager/moto_gaps.py.


def test_filled_gap_makes_reads_wait_for_rotation(met: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "url_paths", dict(urls.url_paths))
    gap.apply()
    rotate_and_read()
    assert met == [False, False]


def rotate_and_read() -> None:
    with moto_in_this_process() as environment, aws_client("secretsmanager", environment) as client:
        arn = client.create_secret(Name=str(uuid.uuid4()))["ARN"]
        rotate = partial(client.put_secret_value, SecretId=arn, SecretString="new")
        read = partial(client.describe_secret, SecretId=arn)
        assert read()["ARN"] == arn
        race(rotate, partial(client.get_secret_value, SecretId=arn))


def test_control_plane_fills_the_gap() -> None:
    script = (
        "from local_aws.control_plane import moto_gaps; from moto.secretsmanager import urls; moto_gaps.apply(); "
        "print(*{handler.__self__.__name__ for handler in urls.url_paths.values()})"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert finished.stdout == "AtomicResponse\n"
