"""What every problem response has in common."""

from typing import Any, Protocol

from common.product import PRODUCT


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Any: ...
    def json(self) -> Any: ...


def assert_problem(answer: Answer, status: int, code: str | None) -> dict[str, Any]:
    """Assert that `answer` is a problem with the code (None: its type is `about:blank`), and return its body."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == body["status"] == status, body
    assert body["type"] == (f"tag:{PRODUCT.problem_authority}:{code}" if code else "about:blank")
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body
