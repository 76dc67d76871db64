"""Assertions that hold for every problem response."""

from typing import Any, Protocol

from common.product import PRODUCT


class Response(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Any: ...
    def json(self) -> Any: ...


def assert_problem(response: Response, status: int, code: str | None) -> dict[str, Any]:
    """Assert that `response` is a problem with the code (None for the type `about:blank`), and return its body."""
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == body["status"] == status, body
    assert body["type"] == (f"tag:{PRODUCT.problem_authority}:{code}" if code else "about:blank")
    assert body["title"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body
