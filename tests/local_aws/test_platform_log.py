import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.deployment import Logging
from local_aws.platform_log import FunctionLog, Report
from tests.local_aws.zips import a_function, deliver

REPORT = Report(
    request_id="id",
    duration=36.494,
    max_memory=54,
    trace_id="1-5759e988-bd862e3fe1be46a994272793",
    segment_id="53995c3f42cd8ad8",
    sampled=True,
)


def logged(folder: Path, logging: Logging, *reports: Report) -> list[str]:
    log = FunctionLog(folder, replace(a_function(), logging=logging), "2026/11/21/[7]abc", deliver)
    log.start("id")
    for report in reports:
        log.report(report)
    log.init_failed(12.345, "init", "Runtime.ExitError")
    log.failure("id", "Task timed out after 3.00 seconds")
    log.close()
    events: list[dict[str, Any]] = [
        json.loads(line) for line in (folder / "echo.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert all(event.keys() == {"timestamp", "logStreamName", "message"} for event in events)
    return [event["message"] for event in events]


def test_the_text_form_is_lambdas(tmp_path: Path) -> None:
    cold = replace(REPORT, init=107.988, sampled=False)
    failed = replace(REPORT, status="error", error_type="Runtime.ExitError", sampled=False)
    start, end, first, _, second, _, third, init, failure = logged(tmp_path, Logging("group"), REPORT, cold, failed)
    assert start == "START RequestId: id Version: 7"
    assert end == "END RequestId: id"
    common = "REPORT RequestId: id\tDuration: 36.49 ms\tBilled Duration: "
    memory = "\tMemory Size: 256 MB\tMax Memory Used: 54 MB"
    trace = "\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true"
    assert first == f"{common}37 ms{memory}{trace}"
    assert second == f"{common}145 ms{memory}\tInit Duration: 107.99 ms"
    assert third == f"{common}37 ms{memory}\tStatus: error\tError Type: Runtime.ExitError"
    assert init == "INIT_REPORT Init Duration: 12.35 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
    assert failure.endswith("Z id Task timed out after 3.00 seconds")


def test_the_json_form_is_lambdas(tmp_path: Path) -> None:
    cold = replace(REPORT, init=107.988, status="timeout", error_type="Sandbox.Timedout")
    start, first, second, init = map(json.loads, logged(tmp_path, Logging("group", "JSON"), REPORT, cold))
    assert (start["type"], start["record"]) == ("platform.start", {"requestId": "id", "version": "7"})
    assert first["type"] == "platform.report"
    assert first["record"] == {
        "requestId": "id",
        "metrics": {"durationMs": 36.494, "billedDurationMs": 37, "memorySizeMB": 256, "maxMemoryUsedMB": 54},
        "status": "success",
        "tracing": {
            "spanId": "53995c3f42cd8ad8",
            "type": "X-Amzn-Trace-Id",
            "value": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        },
    }
    assert second["record"]["metrics"]["initDurationMs"] == 107.988
    assert second["record"]["metrics"]["billedDurationMs"] == 145
    assert (second["record"]["status"], second["record"]["errorType"]) == ("timeout", "Sandbox.Timedout")
    assert (init["type"], init["record"]["phase"]) == ("platform.initReport", "init")


@pytest.mark.parametrize(("level", "kinds"), [("INFO", 4), ("WARN", 2), ("DEBUG", 4)])
def test_the_system_log_level_hides_records(level: str, kinds: int, tmp_path: Path) -> None:
    bad = replace(REPORT, status="error")
    assert len(logged(tmp_path, Logging("group", "JSON", system_level=level), REPORT, bad)) == kinds
