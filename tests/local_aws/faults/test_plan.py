"""The plan: which calls a fault hits, how often, and what is not a valid fault."""

import re
from pathlib import Path
from typing import Any

import pytest

from local_aws.faults.fault import OPERATOR, Call, Fault, FaultError
from local_aws.faults.plan import Plan, parse_faults, read_faults

ROLE = ("shop-eu-central-1", "shop")
PUT = Call(ROLE, "dynamodb", "PutItem")
SECRET = Call(ROLE, "secretsmanager", "GetSecretValue")


def hits(document: dict[str, Any], *calls: Call) -> list[bool]:
    plan = Plan(parse_faults(document))
    return [plan.take(call) is not None for call in calls]


def test_empty_plan_hits_nothing() -> None:
    assert not Plan()
    assert Plan().take(PUT) is None


def test_fault_hits_one_call_by_default() -> None:
    assert hits({"kind": "throttle"}, PUT, PUT) == [True, False]


def test_calls_before_the_fault_are_let_through() -> None:
    assert hits({"kind": "throttle", "after": 2, "count": 2}, *[PUT] * 5) == [False, False, True, True, False]


def test_each_third_call_is_hit_until_the_plan_is_cleared() -> None:
    assert hits({"kind": "reset", "every": 3, "count": None}, *[PUT] * 7) == [False, False, True] * 2 + [False]


@pytest.mark.parametrize("caller", ["shop", "shop-eu-central-1", "sh*"])
def test_caller_is_a_role_or_a_function(caller: str) -> None:
    assert hits({"kind": "throttle", "caller": caller}, PUT) == [True]


def test_another_caller_is_not_hit() -> None:
    assert hits({"kind": "throttle", "caller": "library"}, PUT) == [False]


def test_operator_is_hit_only_when_named() -> None:
    call = Call((OPERATOR,), "dynamodb", "PutItem")
    assert hits({"kind": "throttle"}, call) == [False]
    assert hits({"kind": "throttle", "caller": "oper*"}, call) == [False]
    assert hits({"kind": "throttle", "caller": "operator"}, PUT, call) == [False, True]


def test_service_and_operation_may_contain_stars() -> None:
    assert hits({"kind": "error", "service": "secrets*"}, PUT, SECRET) == [False, True]
    assert hits({"kind": "error", "operation": "*Item"}, SECRET, PUT) == [False, True]


def test_only_stars_are_special_in_names() -> None:
    call = PUT._replace(callers=("a[b]?",))
    assert hits({"kind": "error", "caller": "a[b]?"}, call) == [True]
    assert hits({"kind": "error", "caller": "a[b]c"}, call) == [False]
    assert hits({"kind": "error", "caller": "?????"}, call) == [False]


def test_operation_of_a_rest_protocol_is_named_or_a_path() -> None:
    for service, operation in (("lambda", "Invoke"), ("xray", "PutTraceSegments"), ("s3", "PUT /*"), ("*", "GET *")):
        assert parse_faults({"kind": "error", "service": service, "operation": operation})


def test_conflict_hits_no_query() -> None:
    assert hits({"kind": "conflict"}, PUT._replace(operation="Query"), SECRET, PUT) == [False, False, True]


def test_transaction_in_progress_hits_no_other_write() -> None:
    transaction = PUT._replace(operation="TransactWriteItems")
    assert hits({"kind": "in-progress"}, PUT, transaction) == [False, True]


def test_missing_secret_hits_no_table() -> None:
    assert hits({"kind": "secret-missing"}, PUT, SECRET) == [False, True]


def test_second_fault_does_not_count_what_the_first_hits() -> None:
    plan = Plan(parse_faults([{"kind": "throttle"}, {"kind": "error", "after": 1}]))
    found = [plan.take(PUT) for _ in range(3)]
    assert [fault and str(fault.kind) for fault in found] == ["throttle", None, "error"]


def test_report_counts_and_names_what_was_hit() -> None:
    plan = Plan([Fault.parse({"kind": "throttle", "after": 1})])
    for _ in range(3):
        plan.take(PUT)
    [report] = plan.report()
    assert (report["seen"], report["hit"], report["calls"]) == (3, 1, ["shop dynamodb:PutItem"])


def test_cleared_plan_hits_nothing() -> None:
    plan = Plan([Fault.parse({"kind": "throttle"})])
    plan.clear()
    assert (plan.take(PUT), plan.report()) == (None, [])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("throttle", "a fault must be a JSON object"),
        ({}, "kind must be one of throttle, error, delay"),
        ({"kind": ["throttle"]}, "kind must be one of"),
        ({"kind": "slow"}, "kind must be one of"),
        ({"kind": "throttle", "times": 3}, "a fault has no member 'times'; its members are kind, caller, service"),
        ({"kind": "throttle", "caller": ""}, "caller must be a text that is not empty"),
        ({"kind": "throttle", "service": 1}, "service must be a text"),
        ({"kind": "throttle", "operation": None}, "operation must be a text"),
        ({"kind": "throttle", "after": -1}, "after must be a whole number from 0"),
        ({"kind": "throttle", "after": True}, "after must be a whole number from 0"),
        ({"kind": "throttle", "every": 0}, "every must be a whole number from 1"),
        ({"kind": "throttle", "count": 0}, "count must be a whole number from 1, or null"),
        ({"kind": "throttle", "count": 1.5}, "count must be a whole number from 1, or null"),
        ({"kind": "throttle", "seconds": 1}, "seconds may be given for the kinds delay and reset only"),
        ({"kind": "delay"}, "seconds must be given for the kind delay"),
        ({"kind": "delay", "seconds": 601}, "seconds must be a number from 0 to 600"),
        ({"kind": "delay", "seconds": float("nan")}, "seconds must be a number from 0 to 600"),
        ({"kind": "delay", "seconds": "1"}, "seconds must be a number from 0 to 600"),
        ({"kind": "conflict", "operation": "Query"}, "the kind conflict does not happen to Query"),
        ({"kind": "error", "service": "dynamo"}, "service 'dynamo' is none of acm, apigateway"),
        ({"kind": "error", "service": "cloudwatch"}, "service 'cloudwatch' is none of"),
        ({"kind": "error", "operation": "PutItme"}, "there is no operation 'PutItme' of *"),
        ({"kind": "error", "service": "dynamodb", "operation": "GetSecretValue"}, "there is no operation"),
        ({"kind": "error", "operation": "?etItem"}, "there is no operation"),
        ({"kind": "error", "operation": "[GP]etItem"}, "there is no operation"),
        ({"kind": "item", "service": "secretsmanager"}, "the kind item happens to dynamodb only"),
    ],
)
def test_invalid_fault_is_rejected_with_one_line(document: object, message: str) -> None:
    with pytest.raises(FaultError, match=re.escape(message)) as raised:
        parse_faults(document)
    assert "\n" not in str(raised.value)


def test_invalid_fault_of_a_list_is_named_by_its_position() -> None:
    with pytest.raises(FaultError, match=r"^fault 2: kind must be one of"):
        parse_faults([{"kind": "throttle"}, {}])


def test_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"kind": "lost", "operation": "TransactWriteItems"}]')
    assert read_faults(file) == [Fault.parse({"kind": "lost", "operation": "TransactWriteItems"})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "cannot be read: Expecting value"),
        ("[" * 100_000, "cannot be read: it is nested too deeply"),
        ('{"kind": "reset", "kind": "error"}', "cannot be read: an object has two members of one name"),
        ("{}", "faults.json: kind must be one of"),
    ],
)
def test_invalid_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "faults.json"
    file.write_text(content)
    with pytest.raises(FaultError, match=message):
        read_faults(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"none\.json cannot be read: .*No such file"):
        read_faults(tmp_path / "none.json")
