"""What a request uses, measured from log files."""

import json
from pathlib import Path

import pytest

from cost.estimate import Request
from cost.measured import NothingMeasuredError, measure


def written(folder: Path, name: str, *messages: object) -> None:
    texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    lines = [json.dumps({"logStreamName": "s", "timestamp": 1, "message": text}) for text in texts]
    (folder / name).write_text("\n".join(lines) + "\n")


def report(billed: float, init: float | None = None) -> dict[str, object]:
    metrics = {"billedDurationMs": billed} | ({} if init is None else {"initDurationMs": init})
    return {"type": "platform.report", "record": {"metrics": metrics}}


def test_averages_over_all_requests(tmp_path: Path) -> None:
    lines = [report(410, 400), {"message": "request"}, report(20), "not JSON"]
    access = [{"responseLength": "100"}, {"responseLength": "50"}, {"responseLength": "-"}]
    written(tmp_path, "shop-dev-parts.jsonl", *lines)
    written(tmp_path, "shop-dev.access.jsonl", *access)
    texts = [text if isinstance(text, str) else json.dumps(text) for text in (*lines, *access)]
    total = sum(len(text) for text in texts) + 26 * len(texts)
    assert measure(tmp_path) == Request(billed_ms=15, init_ms=400, log_bytes=round(total / 3), response_bytes=50)


def test_folder_without_requests_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasuredError, match="send some while `make up` runs"):
        measure(tmp_path)
