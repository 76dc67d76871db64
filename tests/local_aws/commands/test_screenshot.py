from pathlib import Path

import pytest

from local_aws.commands.screenshot import screenshot
from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import Tab, visiting


def test_without_chromium_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChromiumError, match=r"^none of chromium, .* is on PATH; .*$"):
        screenshot(tmp_path)


@pytest.fixture
def failing(tmp_path: Path) -> Chromium:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    return Chromium(str(program))


def test_what_a_failing_chromium_says_is_passed_on(failing: Chromium) -> None:
    def visit() -> Tab:
        with visiting(failing, "about:blank", width=1, height=1) as tab:
            return tab

    with pytest.raises(ChromiumError, match="no display"):
        failing.document("http://127.0.0.1/")
    with pytest.raises(ChromiumError, match=r"it ended\nno display"):
        visit()
