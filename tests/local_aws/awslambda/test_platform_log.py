import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.awslambda.invocation import Record
from local_aws.awslambda.platform_log import KEPT_BYTES, FunctionLog
from local_aws.model.deployment import Logging
from tests.local_aws.zips import a_function, deliver

RECORD = Record(
    function="echo",
    environment="2026/11/21/[7]abc",
    request_id="id",
    access_key_id="ASIAROLE",
    trace_id="1-5759e988-bd862e3fe1be46a994272793",
    sampled=True,
    began=100.0,
    ended=100.036494,
    init_ms=None,
    max_memory=54,
    error_type=None,
)


def logged(folder: Path, logging: Logging, *records: Record) -> list[str]:
    log = FunctionLog(folder, replace(a_function(), logging=logging), "2026/11/21/[7]abc", deliver)
    log.init_start("init", "82561ce0-53dd-47d1-90e0-c8f5e063e62e", "python:3.13.v7")
    log.init_end(107.988, "init", None)
    log.start("id")
    for record in records:
        log.report(record, "53995c3f42cd8ad8", 16)
    log.init_end(12.345, "invoke", "Runtime.ExitError")
    log.failure("id", "Task timed out after 3.00 seconds")
    log.close()
    events: list[dict[str, Any]] = [
        json.loads(line) for line in (folder / "echo.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert all(event.keys() == {"timestamp", "logStreamName", "message"} for event in events)
    return [event["message"] for event in events]


def test_text_format_is_lambdas(tmp_path: Path) -> None:
    cold = replace(RECORD, init_ms=107.988, sampled=False)
    failed = replace(RECORD, error_type="Runtime.ExitError", sampled=False)
    restored = replace(RECORD, restore_ms=20.456, sampled=False)
    start, end, first, _, second, _, third, _, fourth, init, failure = logged(
        tmp_path, Logging("group"), RECORD, cold, failed, restored
    )
    assert start == "START RequestId: id Version: 7"
    assert end == "END RequestId: id"
    common = "REPORT RequestId: id\tDuration: 36.49 ms\tBilled Duration: "
    memory = "\tMemory Size: 256 MB\tMax Memory Used: 54 MB"
    trace = "\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true"
    assert first == f"{common}37 ms{memory}{trace}"
    assert second == f"{common}145 ms{memory}\tInit Duration: 107.99 ms"
    assert third == f"{common}37 ms{memory}\tStatus: error\tError Type: Runtime.ExitError"
    assert fourth == f"{common}57 ms{memory}\tRestore Duration: 20.46 ms"
    assert init == "INIT_REPORT Init Duration: 12.35 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError"
    assert failure.endswith("Z id Task timed out after 3.00 seconds")


TRACING = {
    "spanId": "53995c3f42cd8ad8",
    "type": "X-Amzn-Trace-Id",
    "value": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
}
DEBUG = Logging("group", "JSON", system_level="DEBUG")
LATE = replace(RECORD, init_ms=107.988, error_type="Sandbox.Timedout")


def test_json_format_is_lambdas(tmp_path: Path) -> None:
    init, ready, started, start, done, report, *_ = map(json.loads, logged(tmp_path, DEBUG, RECORD))
    initialisation = {"initializationType": "on-demand", "phase": "init"}
    assert (init["type"], init["record"]) == (
        "platform.initStart",
        initialisation
        | {
            "runtimeVersion": "python:3.13.v7",
            "functionName": "echo",
            "functionVersion": "7",
            "instanceId": "82561ce0-53dd-47d1-90e0-c8f5e063e62e",
            "instanceMaxMemory": 256,
        },
    )
    succeeded = initialisation | {"status": "success"}
    assert (ready["type"], ready["record"]) == ("platform.initRuntimeDone", succeeded)
    assert (started["type"], started["record"]) == (
        "platform.initReport",
        succeeded | {"metrics": {"durationMs": 107.988}},
    )
    assert (start["type"], start["record"]) == ("platform.start", {"requestId": "id", "version": "7"})
    invocation = {"requestId": "id", "status": "success", "tracing": TRACING}
    assert (done["type"], done["record"]) == (
        "platform.runtimeDone",
        invocation | {"metrics": {"durationMs": 36.494, "producedBytes": 16}},
    )
    assert (report["type"], report["record"]) == (
        "platform.report",
        invocation
        | {"metrics": {"durationMs": 36.494, "billedDurationMs": 37, "memorySizeMB": 256, "maxMemoryUsedMB": 54}},
    )


def test_json_format_has_the_failure(tmp_path: Path) -> None:
    *_, done, report, ready, started = map(json.loads, logged(tmp_path, DEBUG, LATE))
    for line in (done, report):
        assert (line["record"]["status"], line["record"]["errorType"]) == ("timeout", "Sandbox.Timedout")
    assert report["record"]["metrics"]["initDurationMs"] == 107.988
    assert report["record"]["metrics"]["billedDurationMs"] == 145
    for line in (ready, started):
        assert (line["record"]["status"], line["record"]["errorType"]) == ("error", "Runtime.ExitError")
    assert started["record"]["phase"] == "invoke"


AT_WARN = ["runtimeDone", "report", "initRuntimeDone", "initReport"]
AT_INFO = ["initStart", "start", "report", *AT_WARN]
AT_DEBUG = ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report", *AT_WARN]


@pytest.mark.parametrize(("level", "kinds"), [("DEBUG", AT_DEBUG), ("INFO", AT_INFO), ("WARN", AT_WARN)])
def test_system_log_level_hides_records(level: str, kinds: list[str], tmp_path: Path) -> None:
    lines = logged(tmp_path, Logging("group", "JSON", system_level=level), RECORD, LATE)
    assert [json.loads(line)["type"].removeprefix("platform.") for line in lines] == kinds


def a_line(level: str, timestamp: str = "2026-11-21T10:00:00.123Z") -> str:
    return json.dumps({"level": level, "timestamp": timestamp, "message": "x"})


@pytest.mark.parametrize(
    ("line", "least"),
    [
        (a_line("DEBUG"), "DEBUG"),
        (a_line("info", "2026-11-21T10:00:00+01:00"), "INFO"),
        (a_line("WARNING"), "WARN"),
        (a_line("ERROR"), "ERROR"),
        (a_line("CRITICAL"), "FATAL"),
        (a_line("ERROR", "2026-11-21 10:00:00,123+0000"), "INFO"),
        (a_line("LOUD"), "INFO"),
        ('{"level": "ERROR"}', "INFO"),
        ('["level"]', "INFO"),
        ('{"level": 7, "timestamp": "2026-11-21T10:00:00Z"}', "INFO"),
        ("plain text", "INFO"),
    ],
)
def test_application_log_level_hides_lines(line: str, least: str, tmp_path: Path) -> None:
    levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
    shown = [level for level in levels if written(tmp_path / level, Logging("group", "JSON", level), line)]
    assert shown == levels[: levels.index(least) + 1]


def test_text_logs_are_not_filtered(tmp_path: Path) -> None:
    assert written(tmp_path, Logging("group", "Text", "FATAL"), a_line("DEBUG"))


def written(folder: Path, logging: Logging, line: str) -> bool:
    log = FunctionLog(folder, replace(a_function(), logging=logging), "stream", deliver)
    log.write(line)
    log.close()
    return bool((folder / "echo.jsonl").read_text(encoding="utf-8"))


def test_events_are_delivered_once(tmp_path: Path) -> None:
    delivered: list[tuple[str, str, str]] = []
    log = FunctionLog(
        tmp_path, a_function(), "stream", lambda group, stream, _, line: delivered.append((group, stream, line))
    )
    log.start("id")
    log.write("é")
    assert [event.message for event in log.take()] == ["START RequestId: id Version: 7", "é"]
    half = "x" * (KEPT_BYTES // 2)
    log.write(half)
    log.write(half)
    assert [event.message for event in log.take()] == [half]
    assert log.take() == ()
    for _ in range(10_000):
        log.write("")
    assert len(log.take()) < 5_000
    log.close()
    assert [line for *_, line in delivered][:4] == ["START RequestId: id Version: 7", "é", half, half]
    assert len(delivered) == 10_004
    assert {place[:2] for place in delivered} == {("/aws/lambda/echo", "stream")}
