import json
from typing import Any

import pytest

from local_aws.xray.summary import segments, summary, trace
from tests.local_aws.page.seen_requests import BEGAN, TRACE, a_segment

ROOT = a_segment("service", origin="AWS::Lambda", http={"response": {"status": 200}}, resource_arn="arn:f")
FUNCTION = a_segment("function", "service", 0.1, 0.9, origin="AWS::Lambda::Function", resource_arn="arn:f")
HANDLER = a_segment("handler", "function", 0.2, 0.8, type="subsegment", annotations={"request_id": "r1", "status": 404})


def test_trace_has_sent_subsegments_below_their_parents() -> None:
    found = trace(TRACE, [HANDLER, FUNCTION, ROOT])
    assert (found["Id"], found["Duration"], found["LimitExceeded"]) == (TRACE, 1.0, False)
    assert [segment["Id"] for segment in found["Segments"]] == ["service", "function"]
    function = json.loads(found["Segments"][1]["Document"])
    assert [below["id"] for below in function["subsegments"]] == ["handler"]
    assert "subsegments" not in FUNCTION  # The stored documents are not changed.


def test_subsegment_below_an_embedded_one() -> None:
    outer = a_segment("outer", subsegments=[a_segment("inner")])
    [found] = segments([a_segment("late", "inner", type="subsegment"), outer])
    assert found["subsegments"][0]["subsegments"][0]["id"] == "late"
    assert "subsegments" not in outer["subsegments"][0]


def test_subsegment_without_its_parent_is_kept_last() -> None:
    assert [found["id"] for found in segments([HANDLER, ROOT])] == ["service", "handler"]


def test_summary_is_that_of_the_root_segment() -> None:
    found = summary(TRACE, [HANDLER, FUNCTION, ROOT])
    assert (found["Id"], found["StartTime"], found["Duration"], found["ResponseTime"]) == (TRACE, BEGAN, 1.0, 1.0)
    assert (found["HasFault"], found["HasError"], found["HasThrottle"], found["IsPartial"]) == (False,) * 4
    assert found["Http"] == {"HttpStatus": 200}
    assert found["EntryPoint"] == {"Name": "service", "Names": ["service"], "Type": "AWS::Lambda"}
    assert [service["Name"] for service in found["ServiceIds"]] == ["service", "function"]
    assert found["ResourceARNs"] == [{"ARN": "arn:f"}]


def test_annotations_of_subsegments_are_those_of_the_trace() -> None:
    annotations = summary(TRACE, [HANDLER, FUNCTION, ROOT])["Annotations"]
    assert [one["AnnotationValue"] for one in annotations["request_id"]] == [{"StringValue": "r1"}]
    assert [one["AnnotationValue"] for one in annotations["status"]] == [{"NumberValue": 404}]
    assert annotations["status"][0]["ServiceIds"][0]["Name"] == "function"


def test_trace_in_progress_is_partial_until_the_complete_document_arrives() -> None:
    begun = a_segment("service", end=None, in_progress=True)
    assert summary(TRACE, [begun])["IsPartial"]
    for documents in ([begun, ROOT], [ROOT, begun]):
        assert not summary(TRACE, documents)["IsPartial"]


@pytest.mark.parametrize(
    "rest", [{"http": [1]}, {"http": {"response": 200}}, {"annotations": ["a"]}, {"annotations": {"a": []}}]
)
def test_optional_fields_of_any_form(rest: dict[str, Any]) -> None:
    found = summary(TRACE, [a_segment("service", **rest)])
    assert (found["Http"], found["Annotations"]) == ({}, {})
