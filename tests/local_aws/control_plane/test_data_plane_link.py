"""What the control plane makes of a data plane that does not respond as it should."""

import socket
import threading

import pytest

from local_aws.clients.data_plane_link import DataPlaneLink


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"", None),
        (b"no HTTP\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "IncompleteRead"),
        (b"HTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\nError", "JSONDecodeError"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"error": null}', None),
    ],
    ids=["ended", "no HTTP", "cut off", "failed", "succeeded"],
)
def test_initialisation_without_a_response_is_an_error(response: bytes, error: str | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def respond() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(response)

        thread = threading.Thread(target=respond)
        thread.start()
        link = DataPlaneLink()
        link.address = f"http://127.0.0.1:{server.getsockname()[1]}"
        found = link.initialise("arn:aws:lambda:eu-central-1:123456789012:function:parts:1", "snap-start")
        thread.join()
    assert found == (error and f"The data plane did not respond: {error}")
