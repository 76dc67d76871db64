"""The file of calls: one process appends while another one reads."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from local_aws.iam.calls import Call, Recorder, read_calls
from tests.support.racing import race

CALL = Call(
    time=1000.0,
    access_key_id="ASIA1",
    role="shop-dev-people",
    action="dynamodb:PutItem",
    resource="arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-people",
    operation="TransactWriteItems",
    allowed=True,
    duration_ms=1.5,
    status=200,
)


def test_calls_are_read_in_order_of_arrival(tmp_path: Path) -> None:
    earlier = replace(CALL, time=999.0, allowed=False, status=400)
    Recorder(tmp_path / "calls").record([CALL])
    Recorder(tmp_path / "calls").record([earlier])
    assert read_calls(tmp_path / "calls") == [earlier, CALL]


def test_calls_are_filtered_by_environment_and_time(tmp_path: Path) -> None:
    others = [replace(CALL, access_key_id="ASIA2"), replace(CALL, action="dynamodb:ASIA1", access_key_id="ASIA3")]
    at = [replace(CALL, time=time) for time in (1000.0, 1001.0, 1002.0, 1003.0)]
    Recorder(tmp_path / "calls").record([*others, *at])
    assert read_calls(tmp_path / "calls", "ASIA1") == at
    assert read_calls(tmp_path / "calls", "ASIA1", began=1001.0, ended=1002.0) == at[1:3]


def test_missing_file_has_no_calls(tmp_path: Path) -> None:
    assert read_calls(tmp_path / "calls") == []


def test_incomplete_line_is_left_out(tmp_path: Path) -> None:
    Recorder(tmp_path / "calls").record([CALL])
    with (tmp_path / "calls").open("a") as file:
        file.write('{"time": 10')
    assert read_calls(tmp_path / "calls") == [CALL]


def test_concurrent_threads_write_whole_lines(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "calls")
    calls = [replace(CALL, time=float(number)) for number in range(32)]
    race(*[partial(recorder.record, [call] * 20) for call in calls])
    assert read_calls(tmp_path / "calls") == [call for call in calls for _ in range(20)]
