from pathlib import Path

import pytest

from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.screenshot import screenshot


def test_without_chromium_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChromiumError, match=r"^none of chromium, .* is on PATH; .*$"):
        screenshot(tmp_path)


def test_what_a_failing_chromium_says_is_passed_on(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(ChromiumError, match="no display"):
        Chromium(str(program)).document("http://127.0.0.1/")
