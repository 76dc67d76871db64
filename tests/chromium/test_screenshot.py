import asyncio
import struct
from pathlib import Path

from starlette.types import Receive, Scope, Send

from local_aws.http_api.journal import Journal
from local_aws.http_api.loopback_server import LoopbackServer
from local_aws.page.admin import Admin
from local_aws.page.screenshot import REQUESTS, screenshot
from local_aws.session import Session, claimed
from local_aws.traces.xray_daemon import Traces
from tests.local_aws.page.seen_requests import a_segment, an_entry


def test_the_picture_is_taken_after_some_requests(tmp_path: Path) -> None:
    journal, traces = Journal(), Traces()
    picture = tmp_path / "images" / "page.png"

    async def api(scope: Scope, _receive: Receive, send: Send) -> None:
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
                api=gateway.url, functions=list, journal=journal, traces=traces, calls=tmp_path / "calls", deploy=deploy
            )
            async with LoopbackServer(admin.app()) as server:
                with claimed(tmp_path):
                    Session(url=gateway.url, admin_url=server.url, control_plane={}).write(tmp_path)
                    await asyncio.to_thread(screenshot, tmp_path, picture)

    asyncio.run(play())
    assert len(journal.entries()) == len(REQUESTS)
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1280, 900)
