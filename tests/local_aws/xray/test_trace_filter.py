import pytest

from local_aws.xray.summary import summary
from local_aws.xray.trace_filter import FilterError, parse_filter
from tests.local_aws.page.seen_requests import TRACE, a_segment

ROOT = a_segment(
    "orders",
    origin="AWS::Lambda",
    http={"request": {"url": "https://a.example/orders/1", "method": "GET"}, "response": {"status": 404}},
    error=True,
    annotations={"request_id": "r 1", "status": 404, "cold": True, "with-dash": "x"},
)
SUMMARY = summary(TRACE, [ROOT])


@pytest.mark.parametrize(
    "expression",
    [
        'annotation.request_id = "r 1"',
        'annotation[request_id] = "r 1"',
        'annotation[annotation.with-dash] = "x"',
        "annotation.status = 404",
        "annotation.status >= 400 AND annotation.status < 500",
        "annotation.cold = true",
        "annotation.cold",
        'service("orders")',
        'service(id(name: "orders", type: "AWS::Lambda"))',
        'service(id(name: "orders")) AND error',
        "http.status = 404",
        'http.url BEGINSWITH "https://" AND http.url CONTAINS "orders" AND http.url ENDSWITH "/1"',
        'http.method = "GET"',
        "duration >= 1 AND responsetime <= 1",
        "!fault AND !ok",
        "fault OR error",
        "fault OR (error AND !throttle)",
        "error AND fault OR duration > 0.5",
        'annotation.request_id != "r2"',
        "!partial",
    ],
)
def test_trace_is_found(expression: str) -> None:
    assert parse_filter(expression)(SUMMARY)


@pytest.mark.parametrize(
    "expression",
    [
        'annotation.request_id = "r2"',
        "annotation.request_id = 1",
        "annotation.other",
        'annotation.other = "r 1"',
        'service("people")',
        'service(id(name: "orders", type: "AWS::Lambda::Function"))',
        "ok",
        "fault",
        "error AND fault",
        "duration > 5",
        'http.useragent CONTAINS "curl"',
    ],
)
def test_trace_is_not_found(expression: str) -> None:
    assert not parse_filter(expression)(SUMMARY)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('edge("a", "b")', "the keyword 'edge' is not supported"),
        ('service("a") { fault }', "'{ fault }' is not supported"),
        ("http.status = ", "is not complete"),
        ("http.status = ok2", "'ok2' is not a value"),
        ("ok ok", "'ok' is not expected"),
        ("(ok", "is not complete"),
        ('service(id(account.id: "1"))', "by name and type only"),
        ('service[a]("b")', "the keyword 'service[a]' is not supported"),
        ('service = "a"', "'=' is in the place of '('"),
        ("", "is not complete"),
    ],
)
def test_unsupported_expression_is_rejected_with_a_reason(expression: str, reason: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse_filter(expression)
    assert reason in str(raised.value)
