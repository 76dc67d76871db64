import pytest

from local_aws.apigateway.events import Response
from local_aws.apigateway.journal import KEPT_BYTES, KEPT_HEADERS, Entry
from local_aws.page.request_view import detail
from tests.local_aws.page.seen_requests import BEGAN, an_entry

OWN = ("apigw-requestid", "1")
ROOM = KEPT_HEADERS - len("".join(OWN))


def answered(*headers: tuple[str, str], body: bytes = b"") -> Entry:
    entry = an_entry()
    entry.answered(Response(201, headers, body), [OWN], 12.5)
    return entry


def test_response_is_recorded_with_all_its_headers() -> None:
    entry = answered(("a", "1"), ("a", "2"), body=b"x" * (KEPT_BYTES + 1))
    assert (entry.status, entry.duration_ms, entry.headers) == (201, 12.5, (OWN, ("a", "1"), ("a", "2")))
    assert len(entry.body) == KEPT_BYTES


@pytest.mark.parametrize(
    ("headers", "kept", "cut"),
    [
        ([("a", "x" * (ROOM - 1))], [ROOM - 1], False),
        ([("a", "x" * ROOM)], [ROOM - 1], True),
        ([("a", "x" * (ROOM - 1)), ("b", "")], [ROOM - 1], True),
        ([("a", "x" * (ROOM - 2)), ("b", "")], [ROOM - 2, 0], False),
        ([("a" * (ROOM + 1), "x")], [], True),
        ([("a", "x" * 10)] * (2 * ROOM), [10] * (ROOM // 11), True),
    ],
    ids=["fits", "value", "last", "empty", "name", "many"],
)
def test_long_headers_are_truncated_and_marked(headers: list[tuple[str, str]], kept: list[int], *, cut: bool) -> None:
    entry = answered(*headers)
    assert entry.headers[0] == OWN
    assert [len(value) for _, value in entry.headers[1:]] == kept
    assert entry.headers_cut is cut
    assert sum(len(name) + len(value) for name, value in entry.headers) <= KEPT_HEADERS
    assert detail(entry, [], [], BEGAN)["answer"]["headers_truncated"] is cut
