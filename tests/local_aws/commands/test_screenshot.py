import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.commands.screenshot import page_picture, screenshot
from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import Tab, visiting
from local_aws.session import Session


def test_missing_chromium_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChromiumError, match=r"^Chromium is not on PATH \(chromium, .*\): install"):
        screenshot(tmp_path)


@pytest.fixture
def failing(tmp_path: Path) -> Chromium:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    program.chmod(0o755)
    return Chromium(str(program))


def test_error_of_chromium_is_passed_on(failing: Chromium) -> None:
    def visit() -> Tab:
        with visiting(failing, "about:blank", width=1, height=1) as tab:
            return tab

    with pytest.raises(ChromiumError, match="no display"):
        failing.document("http://127.0.0.1/")
    with pytest.raises(ChromiumError, match=r"it ended\nno display"):
        visit()


def test_no_screenshot_before_the_first_request(failing: Chromium, tmp_path: Path) -> None:
    async def run() -> None:
        admin = JSONResponse({"requests": []})
        async with LoopbackServer(admin) as server:
            session = Session(url="http://api", admin_url=server.url, control_plane={})
            with pytest.raises(ChromiumError, match="send some to http://api first"):
                await asyncio.to_thread(page_picture, failing, session, tmp_path / "picture.png")

    asyncio.run(run())


def test_screenshot_shows_the_request_with_the_longest_trace(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n')
    program.chmod(0o755)
    rows = {"one": 1, "two": 3, "three": 2}

    async def details(request: Request) -> Response:
        return JSONResponse({"trace": {"rows": [{}] * rows[request.path_params["request_id"]]}})

    async def run() -> None:
        requests = JSONResponse({"requests": [{"request_id": request_id} for request_id in rows]})
        admin = Starlette(routes=[Route("/requests", requests), Route("/requests/{request_id}", details)])
        async with LoopbackServer(admin) as server:
            session = Session(url="http://api", admin_url=server.url, control_plane={})
            await asyncio.to_thread(page_picture, Chromium(str(program)), session, tmp_path / "picture.png")
            assert (tmp_path / "arguments").read_text().endswith(f" {server.url}/#two\n")

    asyncio.run(run())
