"""SNS's gaps: messages to web addresses of this machine, and e-mails as files."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any, override

import pytest

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client

MESSAGE = "é" + "a long line " * 200


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, "SimpleQueue[tuple[dict[str, str], dict[str, Any]]]"]]:
    """Yield an address, and a queue of the headers and bodies that are posted to it."""
    received: SimpleQueue[tuple[dict[str, str], dict[str, Any]]] = SimpleQueue()

    class Responder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.put(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Responder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/alarms", received
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def sns(work: Path) -> Iterator[Any]:
    with ControlPlane(work / "calls.jsonl") as own, aws_client("sns", own.environment) as client:
        yield client


def subscribed(sns: Any, protocol: str, *endpoints: str) -> str:
    """Create a topic with these subscriptions, and return its ARN."""
    topic: str = sns.create_topic(Name=f"topic-{len(sns.list_topics()['Topics'])}")["TopicArn"]
    for endpoint in endpoints:
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    return topic


def test_web_address_on_this_machine_gets_the_message(sns: Any) -> None:
    with listening() as (address, received):
        topic = subscribed(sns, "http", address)
        sent = sns.publish(TopicArn=topic, Message=MESSAGE, Subject="A drill")["MessageId"]
        headers, body = received.get(timeout=10)
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-topic-arn"] == body["TopicArn"] == topic
    assert headers["x-amz-sns-message-id"] == body["MessageId"] == sent
    assert (body["Type"], body["Subject"], body["Message"]) == ("Notification", "A drill", MESSAGE)


def test_failing_web_address_does_not_fail_the_publisher_or_other_subscriptions(sns: Any) -> None:
    with listening(500) as (failing, _), listening() as (address, received):
        topic = subscribed(sns, "http", "http://127.0.0.1:1/closed", failing, address)
        sns.publish(TopicArn=topic, Message=MESSAGE)
        assert received.get(timeout=10)[1]["Message"] == MESSAGE


def test_email_is_written_to_a_file(sns: Any, work: Path) -> None:
    topic = subscribed(sns, "email", "operator@example.com", "on-call@example.com")
    sns.publish(TopicArn=topic, Message=MESSAGE, Subject="A drill")
    files = sorted((work / "mail").glob("*.eml"))
    mails = [BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in files]
    assert {mail["to"] for mail in mails} == {"operator@example.com", "on-call@example.com"}
    assert {mail["subject"] for mail in mails} == {"A drill"}
    assert {mail.get_content().rstrip("\n") for mail in mails} == {MESSAGE}
