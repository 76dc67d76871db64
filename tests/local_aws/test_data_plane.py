import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx2
import pytest

from local_aws.data_plane import CONCURRENCY, DataPlane
from local_aws.deployment import Api, Archive, Deployment, DeploymentError
from local_aws.routing import TrailingSlash
from tests.local_aws.gate import PASS, Gate
from tests.local_aws.zips import CONTROL_PLANE, NOWHERE, Zips, a_deployment, a_function, assume, deliver, unmounted

ECHO = """
    import json, os, time
    def handler(event, context):
        if event["rawPath"] == "/slow":
            time.sleep(600)
        if event["rawPath"] == "/boom":
            raise RuntimeError("boom")
        if event["rawPath"] == "/exit":
            os._exit(1)
        if event["rawPath"] == "/bare":
            return {"statusCode": 204, "headers": {"x-test": "1"}}
        if event["rawPath"] == "/wrong":
            return {"statusCode": "many"}
        return {"statusCode": 200, "headers": {"content-type": "application/json"}, "cookies": ["a=1", "b=2"],
                "body": json.dumps(event)}
"""


class Applied:
    """What is applied, as a test sets it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def read(self, environment: Mapping[str, str]) -> Deployment:
        assert environment == CONTROL_PLANE
        return self.deployment


def zipped(zips: Zips, source: str) -> Archive:
    return zips.add({"main.py": dedent(source)})


@asynccontextmanager
async def served(applied: Applied, work: Path, **options: Any) -> AsyncIterator[tuple[DataPlane, httpx2.AsyncClient]]:
    async with (
        DataPlane(
            CONTROL_PLANE, work, read=applied.read, assume=assume, deliver=deliver, mountable=unmounted, **options
        ) as plane,
        httpx2.AsyncClient(base_url=plane.url, timeout=30) as client,
    ):
        yield plane, client


@asynccontextmanager
async def echo(zips: Zips, work: Path, **options: Any) -> AsyncIterator[tuple[DataPlane, httpx2.AsyncClient]]:
    function = a_function(code=zipped(zips, ECHO), timeout=10)
    async with served(Applied(a_deployment(function)), work, **options) as both:
        yield both


def test_a_request_reaches_the_function_and_its_answer_comes_back(zips: Zips, work: Path) -> None:
    async def play() -> None:
        async with echo(zips, work) as (_, client):
            answer = await client.post("/a%20b?x=1&x=2", json={"title": "é"}, headers={"Cookie": "c=3"})
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert len(answer.headers["apigw-requestid"]) == 16
            event = answer.json()
            assert event["requestContext"]["requestId"] == answer.headers["apigw-requestid"]
            assert (event["rawPath"], event["rawQueryString"]) == ("/a b", "x=1&x=2")
            assert json.loads(event["body"]) == {"title": "é"}
            assert event["cookies"] == ["c=3"]
            assert event["headers"]["x-forwarded-port"] == str(client.base_url.port)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("path", "status"), [("/boom", 500), ("/exit", 500), ("/wrong", 500), ("/slow", 500), ("/x", 200)]
)
def test_a_functions_failure_is_a_500_of_the_gateway(path: str, status: int, zips: Zips, work: Path) -> None:
    async def play() -> None:
        function = a_function(code=zipped(zips, ECHO), timeout=1)
        async with served(Applied(a_deployment(function)), work) as (_, client):
            answer = await client.get(path)
            assert answer.status_code == status
            assert status == 200 or answer.content == b'{"message":"Internal Server Error"}'
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


def test_a_request_without_a_route_is_a_404_of_the_gateway(zips: Zips, work: Path) -> None:
    async def play() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /books/{id}")
        async with served(Applied(deployment), work) as (_, client):
            answer = await client.post("/books/1")
            assert (answer.status_code, answer.content) == (404, b'{"message":"Not Found"}')
            assert "apigw-requestid" in answer.headers
            assert (await client.get("/books/1")).json()["pathParameters"] == {"id": "1"}
            assert (await client.get("/books/1/")).status_code == 404

    asyncio.run(play())


def test_a_trailing_slash_can_be_ignored(zips: Zips, work: Path) -> None:
    async def play() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /books")
        async with served(Applied(deployment), work, trailing_slash=TrailingSlash.IGNORED) as (_, client):
            assert (await client.get("/books/")).json()["rawPath"] == "/books/"

    asyncio.run(play())


def test_an_integration_that_takes_too_long_is_a_503(zips: Zips, work: Path) -> None:
    async def play() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO), timeout=20), timeout=0.2)
        async with served(Applied(deployment), work) as (_, client):
            answer = await client.get("/slow")
            assert (answer.status_code, answer.content) == (503, b'{"message":"Service Unavailable"}')

    asyncio.run(play())


def test_head_and_204_have_no_body(zips: Zips, work: Path) -> None:
    async def play() -> None:
        async with echo(zips, work) as (_, client):
            head = await client.head("/")
            assert (head.status_code, head.content) == (200, b"")
            assert int(head.headers["content-length"]) > 0
            bare = await client.get("/bare")
            assert (bare.status_code, bare.content, bare.headers["x-test"]) == (204, b"", "1")
            assert "content-length" not in bare.headers

    asyncio.run(play())


def test_bodies_in_chunks_arrive_whole_and_too_large_ones_not_at_all(zips: Zips, work: Path) -> None:
    async def body(chunks: int) -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield b"x" * 1_000_000

    async def play() -> None:
        headers = {"Content-Type": "text/plain"}
        async with echo(zips, work) as (_, client):
            whole = await client.post("/", content=body(2), headers=headers)
            assert whole.json()["headers"]["content-length"] == "2000000"
            for chunks in (7, 11):  # more than Lambda takes, more than the gateway takes
                refused = await client.post("/", content=body(chunks), headers=headers)
                assert (refused.status_code, refused.content) == (413, b'{"message":"Request Entity Too Large"}')
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_malformed_requests_and_clients_that_leave_do_no_harm(sent: bytes, zips: Zips, work: Path) -> None:
    async def play() -> None:
        function = a_function(code=zipped(zips, ECHO), timeout=1)
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            port = int(plane.url.rpartition(":")[2])
            for _ in range(CONCURRENCY):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                await writer.drain()
                writer.close()
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


def test_a_target_that_is_no_path_is_not_found(zips: Zips, work: Path) -> None:
    async def play() -> None:
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /books")
        async with served(Applied(deployment), work) as (plane, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(plane.url.rpartition(":")[2]))
            writer.write(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Name: \xff\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 404 Not Found\r\n")
            writer.close()

    asyncio.run(play())


def test_a_trace_joins_the_clients_header_lambdas_segments_and_the_functions(zips: Zips, work: Path) -> None:
    source = """
        import json, os, socket
        def handler(event, context):
            fields = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
            segment = {"name": "work", "id": "53995c3f42cd8ad8", "trace_id": fields["Root"], "type": "subsegment",
                       "parent_id": fields["Parent"], "start_time": 1.0, "end_time": 2.0}
            host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
            message = '{"format": "json", "version": 1}\\n' + json.dumps(segment)
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(message.encode(), (host, int(port)))
            return event["headers"]["x-amzn-trace-id"]
    """

    async def play() -> None:
        function = a_function(code=zipped(zips, source))
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            root = "1-5759e988-bd862e3fe1be46a994272793"
            header = f"Root={root};Parent=70de5b6f19ff9a0a;Sampled=1"
            assert (await client.get("/", headers={"X-Amzn-Trace-Id": header})).text == header
            made = (await client.get("/")).text
            listed = (await client.get(f"{plane.admin_url}/traces")).json()["traces"]
            assert listed == [root, made.removeprefix("Root=")]
            segments = (await client.get(f"{plane.admin_url}/traces/{root}")).json()["segments"]
            by_parent = {segment["parent_id"]: segment for segment in segments}
            service = by_parent["70de5b6f19ff9a0a"]
            whole = by_parent[service["id"]]
            assert by_parent[whole["id"]]["name"] == "work"
            assert (await client.get(f"{plane.admin_url}/traces/1-0-0")).status_code == 404

    asyncio.run(play())


def test_the_access_log_has_the_stages_form(zips: Zips, work: Path) -> None:
    async def play() -> None:
        form = '{"id":"$context.requestId","key":"$context.routeKey","status":$context.status,"no":"$context.absent"}'
        api = Api("abc123", access_log_group="/aws/apigateway/bookshelf", access_log_format=form)
        deployment = a_deployment(a_function(code=zipped(zips, ECHO)), key="GET /books", api=api)
        async with served(Applied(deployment), work) as (_, client):
            found, absent = await client.get("/books"), await client.get("/")
        lines = (work / "logs/bookshelf.access.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(json.loads(line)["message"]) for line in lines] == [
            {"id": found.headers["apigw-requestid"], "key": "GET /books", "status": 200, "no": "-"},
            {"id": absent.headers["apigw-requestid"], "key": "-", "status": 404, "no": "-"},
        ]

    asyncio.run(play())


VERSION = (
    PASS
    + """
def handler(event, context):
    if event["rawPath"] != "/":
        pass_gate(event["rawPath"])
    return "{}"
"""
)


def test_a_new_deployment_takes_over_and_the_old_one_finishes(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def play() -> None:
        old, new = (a_function(code=zipped(zips, VERSION.format(version)), timeout=20) for version in ("old", "new"))
        applied = Applied(a_deployment(old))
        async with served(applied, work) as (plane, client):
            with Gate(tmp_path) as gate:
                assert (await client.get("/")).text == "old"
                slow = asyncio.create_task(client.get(str(gate.path)))
                await gate.arrived()
                applied.deployment = a_deployment(new)
                answer = await client.post(f"{plane.admin_url}/deployments")
                assert (answer.status_code, answer.json()) == (200, {"message": "deployed"})
                assert (await client.get("/")).text == "new"
                assert not slow.done()
                gate.open()
                assert (await slow).text == "old"

    asyncio.run(play())


def test_ending_does_not_wait_for_old_environments(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def play() -> None:
        old, new = (a_function(code=zipped(zips, VERSION.format(version)), timeout=600) for version in ("old", "new"))
        applied = Applied(a_deployment(old))
        with Gate(tmp_path) as gate:
            async with served(applied, work) as (plane, client):
                slow = asyncio.create_task(client.get(str(gate.path)))
                await gate.arrived()
                applied.deployment = a_deployment(new)
                await plane.deploy()
            with pytest.raises(httpx2.TransportError):
                await slow
        assert list((work / "environments").iterdir()) == []

    asyncio.run(play())


def test_deploying_under_load_fails_no_request(zips: Zips, work: Path) -> None:
    async def play() -> None:
        functions = [a_function(code=zipped(zips, VERSION.format(version)), timeout=20) for version in range(3)]
        applied = Applied(a_deployment(functions[0]))
        async with served(applied, work) as (plane, client):
            over = asyncio.Event()
            answers: list[str] = []

            async def load() -> None:
                while not over.is_set():
                    answer = await client.get("/")
                    assert answer.status_code == 200
                    answers.append(answer.text)

            tasks = [asyncio.create_task(load()) for _ in range(3)]
            for function in functions:
                applied.deployment = a_deployment(function)
                await plane.deploy()
                reached = len(answers) + 10
                while len(answers) < reached:
                    await asyncio.wait(tasks, timeout=0.02)
                    assert not any(task.done() for task in tasks)
            over.set()
            await asyncio.gather(*tasks)
            assert set(answers) == {"0", "1", "2"}
            assert answers[-1] == "2"

    asyncio.run(play())


def test_a_function_that_did_not_change_keeps_its_environment(zips: Zips, work: Path) -> None:
    async def play() -> None:
        source = "import os\ndef handler(event, context):\n    return str(os.getpid())"
        function = a_function(code=zipped(zips, source))
        async with served(Applied(a_deployment(function)), work) as (plane, client):
            before = (await client.get("/")).text
            await plane.deploy()
            assert (await client.get("/")).text == before

    asyncio.run(play())


def test_what_cannot_be_deployed_changes_nothing(zips: Zips, work: Path) -> None:
    async def play() -> None:
        applied = Applied(a_deployment(a_function(code=zipped(zips, ECHO))))
        async with served(applied, work) as (plane, client):
            applied.deployment = a_deployment(a_function(code=NOWHERE))
            refused = await client.post(f"{plane.admin_url}/deployments")
            assert refused.status_code == 409
            assert "cannot fetch http://127.0.0.1:1/absent.zip" in refused.json()["message"]
            assert (await client.get("/")).status_code == 200

    asyncio.run(play())


def test_a_data_plane_that_cannot_start_leaves_nothing_behind(work: Path) -> None:
    async def play() -> None:
        with pytest.raises(DeploymentError, match="cannot fetch"):
            async with served(Applied(a_deployment(a_function())), work):
                pytest.fail("it must not start")
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(play())


def test_what_a_killed_data_plane_left_is_wiped(zips: Zips, work: Path) -> None:
    async def play() -> None:
        left = work / "environments/left"
        left.mkdir(parents=True)
        async with echo(zips, work):
            assert not left.exists()

    asyncio.run(play())


def test_a_warm_answer_does_not_wait_for_tcp(zips: Zips, work: Path) -> None:
    # Where Nagle's algorithm waits for a delayed ACK, no answer at all comes in less than 40 ms.
    async def play() -> None:
        async with echo(zips, work) as (_, client):
            answers = [await client.get("/") for _ in range(20)]
            assert min(answer.elapsed.total_seconds() for answer in answers[1:]) < 0.035

    asyncio.run(play())


def test_a_fault_of_the_embedded_aws_is_a_500_and_is_logged(
    zips: Zips, work: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        async with echo(zips, work) as (_, client):
            (work / "environments").write_text("not a folder", encoding="utf-8")
            answer = await client.get("/")
            assert (answer.status_code, answer.content) == (500, b'{"message":"Internal Server Error"}')
            assert "the embedded AWS failed to answer GET /" in caplog.text
            assert "NotADirectoryError" in caplog.text

    asyncio.run(play())


def test_a_port_that_is_taken_is_said(zips: Zips, tmp_path: Path, work: Path) -> None:
    async def play() -> None:
        async with echo(zips, work) as (plane, _):
            applied = Applied(a_deployment(a_function(code=zipped(zips, ECHO))))
            port = int(plane.url.rpartition(":")[2])
            other = tmp_path / "other"
            taken = DataPlane(CONTROL_PLANE, other, port, read=applied.read, assume=assume, deliver=deliver)
            with pytest.raises(OSError, match="in use"):
                await taken.__aenter__()

    asyncio.run(play())


def test_layers_are_importable_and_a_later_one_covers_an_earlier_one(zips: Zips, work: Path) -> None:
    async def play() -> None:
        layers = (
            zips.add({"python/first.py": "value = 1", "python/second.py": "value = 1"}),
            zips.add({"python/second.py": "value = 2"}),
        )
        source = "import first, second\ndef handler(event, context):\n    return [first.value, second.value]"
        function = a_function(code=zipped(zips, source), layers=layers)
        async with served(Applied(a_deployment(function)), work) as (_, client):
            assert (await client.get("/")).json() == [1, 2]

    asyncio.run(play())
