"""The README's pictures: of the page, of the dashboard, and of the API's documentation with its dialog to log in."""

import asyncio
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from common.http import documentation
from common.http.application import create_app
from local_aws.apigateway.journal import Journal
from local_aws.apigateway.loopback_server import LoopbackServer
from local_aws.clients.operator_client import operator_client
from local_aws.commands.screenshot import (
    DASHBOARD,
    DASHBOARD_WIDTH,
    DOCUMENTATION,
    PAGE,
    REQUESTS,
    documentation_picture,
    screenshot,
)
from local_aws.page.admin import Admin
from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import visiting
from local_aws.session import Session, claimed
from local_aws.xray.daemon import Traces
from tests.chromium.views import a_view
from tests.local_aws.page.seen_requests import a_segment, an_entry
from tests.support.moto_servers import moto_in_this_process

SCHEME = OAuth2PasswordBearer("/token", scopes={"things:write": "Make things."})
SIZE = (1280, 900)
KEY = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "eu-central-1"}


def an_api(*, secured: bool) -> ASGIApp:
    """A service with one operation of its own, which documents itself as all services do."""
    router = APIRouter()

    async def things(token: Annotated[str, Depends(SCHEME)]) -> str:
        return token

    async def nothing() -> None:
        return

    router.add_api_route("/things", things if secured else nothing)
    app = create_app("things", description="Things.", routers=[router])
    app.dependency_overrides[documentation.services] = lambda: {"things": "/api/v1/things"}
    return app


def size(picture: Path) -> tuple[int, int]:
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_the_pictures_are_taken_after_some_requests(tmp_path: Path) -> None:
    journal, traces = Journal(), Traces()
    documented = an_api(secured=True)

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(("/docs", "/api/v1/things/")):
            await documented(scope, receive, send)
            return
        entry = an_entry(f"id-{len(journal.entries())}", method=scope["method"], path=scope["path"])
        journal.add(entry)
        traces.add(a_segment(entry.request_id, origin="AWS::Lambda"))
        headers = [(b"apigw-requestid", entry.request_id.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def deploy() -> None:
        raise AssertionError

    async def play() -> None:
        async with LoopbackServer(api) as gateway:
            admin = Admin(
                api=gateway.url,
                functions=list,
                journal=journal,
                traces=traces,
                calls=tmp_path / "calls",
                deploy=deploy,
                dashboard=lambda _: a_view(),
            )
            async with LoopbackServer(admin.app()) as server:
                with claimed(tmp_path), moto_in_this_process() as environment:
                    control_plane = {**environment, **KEY}
                    make_table(control_plane)
                    Session(url=gateway.url, admin_url=server.url, control_plane=control_plane).write(tmp_path)
                    await asyncio.to_thread(screenshot, tmp_path, tmp_path / "images", 0.0)

    asyncio.run(play())
    paths = [entry.path for entry in journal.entries()]
    assert paths[: len(REQUESTS)] == [path.partition("?")[0] for _, path, _ in REQUESTS]
    assert "/api/v1/users/token" in paths[len(REQUESTS) :]
    assert [size(tmp_path / "images" / name) for name in (PAGE, DOCUMENTATION)] == [SIZE, SIZE]
    width, height = size(tmp_path / "images" / DASHBOARD)
    assert (width, height > SIZE[1]) == (DASHBOARD_WIDTH, True)


def make_table(control_plane: Mapping[str, str]) -> None:
    operator_client("dynamodb", control_plane).create_table(
        TableName="shelf-dev-books",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def pictured(api: ASGIApp, picture: Path) -> None:
    async def play() -> None:
        async with LoopbackServer(api) as server:
            await asyncio.to_thread(documentation_picture, Chromium.found(), f"{server.url}/docs", picture)

    asyncio.run(play())


def test_documentation_without_a_way_to_log_in_gets_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ChromiumError, match="nothing to log in to"):
        pictured(an_api(secured=False), tmp_path / "picture.png")
    assert not (tmp_path / "picture.png").exists()


HTML = """<!doctype html><body style="margin: 0; background: rgb(255, 0, 0)"><script>
  setTimeout(() => document.body.append(document.createElement("late")), 200);
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(HTML)
    return path.as_uri()


def test_a_page_can_be_waited_for_asked_and_pictured(page: str, tmp_path: Path) -> None:
    with visiting(Chromium.found(), page, width=100, height=50) as tab:
        assert tab.appears("body > late")
        assert tab.evaluate("[innerWidth, innerHeight, document.querySelectorAll('late').length]") == [100, 50, 1]
        assert not tab.appears("body > never", seconds=0.1)
        tab.picture(tmp_path / "picture.png")
    assert size(tmp_path / "picture.png") == (100, 50)


def test_what_chromium_refuses_is_an_error_that_says_what(page: str) -> None:
    def visit(address: str, expression: str = "1") -> None:
        with visiting(Chromium.found(), address, width=100, height=50) as tab:
            tab.evaluate(expression)

    with pytest.raises(ChromiumError, match=r"^http://127.0.0.1:1/ cannot be opened: net::ERR_\w+$"):
        visit("http://127.0.0.1:1/")
    with pytest.raises(ChromiumError, match="ReferenceError: absent is not defined"):
        visit(page, "absent.value")
