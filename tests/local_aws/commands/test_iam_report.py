"""The report of grants and calls."""

from dataclasses import replace

from local_aws.commands.iam_report import Row, denied, rows, table
from local_aws.iam.access import Grant, RoleAccess
from local_aws.iam.calls import Call

PEOPLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/people"
LOGS = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/people"
ACCESS = RoleAccess(
    "people",
    granted=(Grant("dynamodb:PutItem", PEOPLE), Grant("dynamodb:GetItem", PEOPLE)),
    platform=(Grant("logs:PutLogEvents", f"{LOGS}:*"),),
)
CALL = Call(
    time=1_795_298_400.0,
    access_key_id="ASIA1",
    role="people",
    action="dynamodb:PutItem",
    resource=PEOPLE,
    operation="TransactWriteItems",
    allowed=True,
    duration_ms=1.5,
    status=200,
)
DENIED = replace(CALL, action="dynamodb:DeleteItem", allowed=False, status=400)
WRITTEN = replace(CALL, action="logs:PutLogEvents", resource=f"{LOGS}:log-stream:a", operation="PutLogEvents")


def test_each_grant_has_a_row_with_its_calls() -> None:
    assert rows([ACCESS], [CALL, CALL]) == [
        Row("people", "dynamodb:GetItem", PEOPLE, granted=True, used=0),
        Row("people", "dynamodb:PutItem", PEOPLE, granted=True, used=2),
    ]


def test_denied_call_has_a_row() -> None:
    other = replace(CALL, role="orders")
    assert rows([ACCESS], [DENIED, other])[:2] == [
        Row("orders", "dynamodb:PutItem", PEOPLE, granted=False, used=1),
        Row("people", "dynamodb:DeleteItem", PEOPLE, granted=False, used=1),
    ]


def test_platform_grants_have_no_row() -> None:
    assert rows([ACCESS], [WRITTEN]) == rows([ACCESS], [])


def test_grant_added_after_the_denial_is_unused() -> None:
    assert Row("people", "dynamodb:PutItem", PEOPLE, granted=True, used=0) in rows(
        [ACCESS], [replace(CALL, allowed=False)]
    )


def test_denied_calls_are_reported_with_count_and_last_time() -> None:
    assert denied([CALL, DENIED, replace(DENIED, time=CALL.time + 75), WRITTEN]) == [
        f"  people: TransactWriteItems needed dynamodb:DeleteItem on {PEOPLE}: 2 denied, the last at 22:01:15Z"
    ]


def test_table_has_a_line_for_each_row() -> None:
    text = table([Row("people", "dynamodb:GetItem", "a-table", granted=True, used=12)])
    assert text.splitlines() == [
        "role    action            resource  granted  used",
        "people  dynamodb:GetItem  a-table   yes      12",
    ]
