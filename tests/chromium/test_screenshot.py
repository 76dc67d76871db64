"""The README's screenshots of the page, the dashboard, and the API's documentation with its login dialog."""

import asyncio
import struct
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from starlette.types import ASGIApp

from common.http import documentation
from common.http.application import create_app
from common.http.router import Router
from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.commands.screenshot import (
    DASHBOARD,
    DASHBOARD_WIDTH,
    DOCUMENTATION,
    PAGE,
    documentation_picture,
    screenshot,
)
from local_aws.page.admin import Admin
from local_aws.page.alarms_view import alarms_view
from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import visiting
from local_aws.session import Session, claimed
from local_aws.xray.daemon import Traces
from tests.chromium.views import a_view, never_invoked
from tests.local_aws.cloudwatch.local_lines import an_observed
from tests.local_aws.page.seen_requests import a_segment, an_entry

SCHEME = OAuth2PasswordBearer("/token", scopes={"things:write": "Make things."})
SIZE = (1280, 900)


def an_api(*, secured: bool) -> ASGIApp:
    """Return a service with one operation and the documentation."""
    router = Router()

    async def things(token: Annotated[str, Depends(SCHEME)]) -> str:
        return token

    async def nothing() -> None:
        return

    router.add_api_route("/things", things if secured else nothing)
    app = create_app("things", description="Things.", routers=[router])
    documentation.serve(app, {"things": "/api/v1/things"})
    return app


def size(picture: Path) -> tuple[int, int]:
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_screenshots_show_longest_trace_documentation_and_dashboard(tmp_path: Path) -> None:
    journal, traces = Journal(), Traces()
    for name in ("long", "short"):
        journal.add(an_entry(name))
    traces.add(a_segment("long", origin="AWS::Lambda"))

    async def deploy() -> None:
        raise AssertionError

    async def run() -> None:
        async with LoopbackServer(an_api(secured=True)) as gateway:
            admin = Admin(
                token="key",
                api=gateway.url,
                functions=list,
                journal=journal,
                traces=traces,
                calls=tmp_path / "calls",
                deploy=deploy,
                invoke=never_invoked,
                initialise=never_invoked,
                dashboard=lambda _: a_view(),
                alarms=lambda: alarms_view([], []),
                observed=an_observed,
            )
            async with LoopbackServer(admin.app()) as server:
                with claimed(tmp_path):
                    Session(url=gateway.url, admin_url=server.url, control_plane={}).write(tmp_path)
                    await asyncio.to_thread(screenshot, tmp_path, tmp_path / "images")

    asyncio.run(run())
    assert [size(tmp_path / "images" / name) for name in (PAGE, DOCUMENTATION)] == [SIZE, SIZE]
    width, height = size(tmp_path / "images" / DASHBOARD)
    assert (width, height > SIZE[1]) == (DASHBOARD_WIDTH, True)


def pictured(api: ASGIApp, picture: Path) -> None:
    async def run() -> None:
        async with LoopbackServer(api) as server:
            await asyncio.to_thread(documentation_picture, Chromium.found(), f"{server.url}/docs", picture)

    asyncio.run(run())


def test_screenshot_of_documentation_without_login(tmp_path: Path) -> None:
    pictured(an_api(secured=False), tmp_path / "picture.png")
    assert size(tmp_path / "picture.png") == SIZE


HTML = """<!doctype html><body style="margin: 0; background: rgb(255, 0, 0)"><script>
  setTimeout(() => document.body.append(document.createElement("late")), 200);
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(HTML)
    return path.as_uri()


def test_screenshot_is_taken_after_wait_and_script(page: str, tmp_path: Path) -> None:
    with visiting(Chromium.found(), page, width=100, height=50) as tab:
        assert tab.appears("body > late")
        assert tab.evaluate("[innerWidth, innerHeight, document.querySelectorAll('late').length]") == [100, 50, 1]
        assert not tab.appears("body > never", seconds=0.1)
        tab.picture(tmp_path / "picture.png")
    assert size(tmp_path / "picture.png") == (100, 50)


def test_error_of_chromium_is_reported_with_its_reason(page: str) -> None:
    def visit(address: str, expression: str = "1") -> None:
        with visiting(Chromium.found(), address, width=100, height=50) as tab:
            tab.evaluate(expression)

    with pytest.raises(ChromiumError, match=r"^http://127.0.0.1:1/ cannot be opened: net::ERR_\w+$"):
        visit("http://127.0.0.1:1/")
    with pytest.raises(ChromiumError, match="ReferenceError: absent is not defined"):
        visit(page, "absent.value")
