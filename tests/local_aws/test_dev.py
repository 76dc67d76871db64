import signal
import socket
import subprocess
import time

import httpx2

from tests.e2e.command import ROOT, environment, local_aws

SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def answer(url: str) -> httpx2.Response:
    """The first answer; uvicorn does not say when its reloaded child serves."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return httpx2.get(url, timeout=30)
        except httpx2.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_both_services_answer_from_source_on_one_port() -> None:
    port = free_port()
    roots = ":".join(str(ROOT / root) for root in ("libs", "services", "tools"))
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        local_aws("dev", "--port", str(port)),
        env=environment() | {"PYTHONPATH": roots},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            assert answer(f"{url}/users/1").json()["email"] == "cto@example.com"
            book = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9"}
            person = {"email": "dev@bookshelf.example", "password": "correct horse battery staple"}
            assert httpx2.post(f"{url}/users/", json=person | {"username": "dev"}).status_code == 201
            form = {"grant_type": "password", "username": person["email"], "password": person["password"]}
            token = httpx2.post(f"{url}/api/v1/users/token", data=form).json()["access_token"]
            own = {"Authorization": f"Bearer {token}"}
            assert httpx2.post(f"{url}/api/v1/books", json=book).status_code == 401
            created = httpx2.post(f"{url}/api/v1/books", json=book, headers=own)
            assert created.status_code == 201
            assert httpx2.get(f"{url}{created.headers['location']}").json()["isbn"] == "9780441172719"
            assert httpx2.get(f"{url}/").json()["services"] == {"books": "/api/v1/books", "users": "/api/v1/users"}
            for path in ("/nowhere", "/api/v1", "/api/v1books", "/api/v1/"):
                assert httpx2.get(f"{url}{path}").headers["content-type"] == "application/problem+json"
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
    assert b"Traceback" not in said
