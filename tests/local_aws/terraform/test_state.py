"""The state of a deployment: a key of its own in S3 of the embedded AWS."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.terraform.stack import Stack
from local_aws.terraform.state import BUCKET, State
from tests.support.moto_servers import aws_client, moto_in_this_process


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with moto_in_this_process() as served:
        yield served


def key(state: State) -> str:
    [setting] = [argument for argument in state.backend() if argument.startswith("-backend-config=key=")]
    return setting.removeprefix("-backend-config=key=")


def test_outputs_are_read_from_the_state(tmp_path: Path, environment: dict[str, str]) -> None:
    stack = Stack(tmp_path, tmp_path, environment)
    stack.state.create_bucket()
    stack.state.create_bucket()  # It exists now.
    outputs = {"api_id": {"value": "abc", "type": "string"}}
    with aws_client("s3", environment) as s3:
        s3.put_object(Bucket=BUCKET, Key=key(stack.state), Body=json.dumps({"version": 4, "outputs": outputs}))
    assert stack.outputs() == {"api_id": "abc"}


def test_each_work_folder_has_its_own_state(tmp_path: Path, environment: dict[str, str]) -> None:
    assert key(State(tmp_path / "one", environment)) != key(State(tmp_path / "two", environment))


def test_without_an_aws_there_is_no_backend(tmp_path: Path) -> None:
    state = State(tmp_path, {})
    state.create_bucket()
    assert state.backend() == ["-backend=false"]
