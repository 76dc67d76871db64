"""Reading request bodies."""

import time
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Form, Request, UploadFile
from pydantic import BaseModel
from starlette.testclient import TestClient

from common.http.application import create_app
from common.http.body import LARGEST_BODY, MOST_VALUES
from common.http.router import Router
from tests.support.problem import assert_problem

JSON = {"content-type": "application/json"}
router = Router()


class Thing(BaseModel):
    size: int


@router.post("/things")
async def create_thing(thing: Thing, request: Request) -> int:
    """Return the size of the thing; the endpoint may read the body again."""
    assert await request.json() == {"size": thing.size}
    return thing.size


@router.post("/files")
async def create_file(file: UploadFile) -> int:
    return len(await file.read())


@router.delete("/things")
async def remove_things() -> None:
    """Take no body."""


@router.post("/values")
async def create_values(values: list[object] | dict[str, object]) -> int:
    return len(values)


@router.post("/form")
async def create_form(size: Annotated[int, Form()]) -> int:
    return size


@pytest.fixture
def api(function_environment: dict[str, str]) -> Iterator[TestClient]:
    assert function_environment
    with TestClient(create_app("things", description="Things.", routers=[router])) as client:
        yield client


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;",
        "application/vnd.thing+json",
    ],
)
def test_json_media_types_are_accepted(api: TestClient, media_type: str) -> None:
    response = api.post("/things", content=b'{"size": 1}', headers={"content-type": media_type})
    assert response.json() == 1


@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "text/plain", "text/json", "json", "application/jsonp", "", None],
)
def test_other_media_type_is_a_415(api: TestClient, media_type: str | None) -> None:
    headers = {} if media_type is None else {"content-type": media_type}
    response = api.post("/things", content=b'{"size": 1}', headers=headers)
    detail = assert_problem(response, 415, "unsupported-media-type")["detail"]
    assert response.headers["accept"] == "application/json"
    assert "application/json" in detail
    assert (media_type or "").partition(";")[0] in detail


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_form_of_another_media_type_is_a_415(api: TestClient, media_type: str) -> None:
    response = api.post("/form", content=b"size=1", headers={"content-type": media_type})
    assert_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br, gzip", 415), ("", 415), ("Identity", 200)])
def test_compressed_body_is_a_415(api: TestClient, encoding: str, status: int) -> None:
    response = api.post("/things", content=b'{"size": 1}', headers=JSON | {"content-encoding": encoding})
    assert response.status_code == status
    if status == 415:
        assert_problem(response, 415, "unsupported-content-encoding")
        assert response.headers["accept-encoding"] == "identity"


def test_byte_order_mark_is_ignored(api: TestClient) -> None:
    assert api.post("/things", content=b'\xef\xbb\xbf{"size": 1}', headers=JSON).json() == 1


def test_file_is_read(api: TestClient) -> None:
    assert api.post("/files", files={"file": ("name.txt", b"content")}).json() == 7
    assert_problem(api.post("/files", json={"file": "content"}), 415, "unsupported-media-type")


def test_form_is_read(api: TestClient) -> None:
    assert api.post("/form", data={"size": "1"}).json() == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "The body is not JSON: there is an error at character 1."),
        (b'{"size": 1', "The body is not JSON: there is an error at character 10."),
        (b'{"size": "a\nb"}', "The body is not JSON: there is an error at character 11."),
        (b'{"size": "\xff"}', "The body is not UTF-8: byte 10 is not valid."),
        ('{"size": 1}'.encode("utf-16"), "The body is not UTF-8: byte 0 is not valid."),
        (b"[" * 100_000, "The body is nested too deeply."),
        (b'{"size": NaN}', "The body contains a number that is too long, NaN or Infinity."),
        (b'{"size": -Infinity}', "The body contains a number that is too long, NaN or Infinity."),
        (b'{"size": %s}' % (b"1" * 5_000), "The body contains a number that is too long, NaN or Infinity."),
    ],
)
def test_malformed_body_is_a_400_in_words(api: TestClient, body: bytes, detail: str) -> None:
    response = api.post("/things", content=body, headers=JSON)
    assert assert_problem(response, 400, "malformed-body")["detail"] == detail


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/things"), ("POST", "/form"), ("DELETE", "/things"), ("GET", "/api/v1/things/health")],
)
def test_body_of_more_than_1_mb_is_a_413(api: TestClient, method: str, path: str) -> None:
    for content in (b" " * (LARGEST_BODY + 1), iter([b" " * 600_000, b" " * 600_000])):
        response = api.request(method, path, content=content, headers=JSON)
        assert ("content-length" in response.request.headers) == isinstance(content, bytes)
        assert_problem(response, 413, "body-too-large")


def test_body_of_1_mb_is_read(api: TestClient) -> None:
    body = b'{"size": 1}'.ljust(LARGEST_BODY)
    assert api.post("/things", content=body, headers=JSON).json() == 1


def test_body_of_the_most_values_is_read(api: TestClient) -> None:
    assert api.post("/values", json=[0] * MOST_VALUES).json() == MOST_VALUES


@pytest.mark.parametrize("values", [[0] * 1_001, {str(key): 0 for key in range(1_001)}, [[[0]] * 500, {"a": [0] * 2}]])
def test_body_of_more_values_is_a_422(api: TestClient, values: object) -> None:
    assert_problem(api.post("/values", json=values), 422, "too-many-values")


@pytest.mark.parametrize(
    "body", [b"{%s}" % b",".join(b'"%d":0' % key for key in range(80_000)), b"[%s0]" % (b"0," * 499_000)]
)
def test_body_of_very_many_values_costs_little(api: TestClient, body: bytes) -> None:
    started = time.process_time()
    assert_problem(api.post("/values", content=body, headers=JSON), 422, "too-many-values")
    assert time.process_time() - started < 1
