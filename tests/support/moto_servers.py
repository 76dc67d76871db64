"""Plain moto without the additions of the embedded AWS, and clients of any AWS endpoint."""

import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


@contextmanager
def moto_in_this_process() -> Iterator[dict[str, str]]:
    """Serve moto in this process, and yield the environment variables for AWS tools; any key is allowed everything."""
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": "eu-central-1",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def download(location: str) -> bytes:
    """Return the content of an address on this machine."""
    with urllib.request.urlopen(location, timeout=5) as response:  # noqa: S310 - the URL is http
        content: bytes = response.read()
    return content


@contextmanager
def aws_client(service: str, environment: Mapping[str, str], **config: Any) -> Iterator[Any]:
    """Yield a client of the server that the environment names, with botocore's configuration."""
    client = boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(max_pool_connections=50, **config),
    )
    with closing(client):
        yield client
