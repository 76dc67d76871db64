"""X-Ray's gaps: groups, and the traces of the data plane."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.answers import answering
from tests.local_aws.page.seen_requests import BEGAN, a_segment
from tests.support.moto_servers import aws_client, moto_in_this_process


def test_plain_moto_has_no_groups() -> None:
    with (
        moto_in_this_process() as environment,
        aws_client("xray", environment) as xray,
        pytest.raises(ClientError, match="404"),  # When this fails, moto has groups: delete xray/moto_gaps.py.
    ):
        xray.create_group(GroupName="people")


def test_group_is_created_read_and_deleted(control_plane: ControlPlane) -> None:
    with aws_client("xray", control_plane.environment) as xray:
        tags = [{"Key": "Project", "Value": "shop"}]
        made = xray.create_group(GroupName="people", FilterExpression='service("people")', Tags=tags)["Group"]
        arn = made["GroupARN"]
        assert arn.startswith("arn:aws:xray:eu-central-1:123456789012:group/people/")
        assert xray.get_group(GroupARN=arn)["Group"] == {
            "GroupName": "people",
            "GroupARN": arn,
            "FilterExpression": 'service("people")',
            "InsightsConfiguration": {"InsightsEnabled": False, "NotificationsEnabled": False},
        }
        assert xray.get_groups()["Groups"] == [xray.get_group(GroupARN=arn)["Group"]]
        assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
        xray.tag_resource(ResourceARN=arn, Tags=[{"Key": "Project", "Value": "one"}, {"Key": "Team", "Value": "two"}])
        xray.untag_resource(ResourceARN=arn, TagKeys=["Project"])
        assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "Team", "Value": "two"}]
        xray.delete_group(GroupARN=arn)
        assert xray.get_groups()["Groups"] == []
        with pytest.raises(ClientError, match="InvalidRequestException"):
            xray.get_group(GroupARN=arn)
        with pytest.raises(ClientError, match="InvalidRequestException"):
            xray.delete_group(GroupARN=arn)


def a_trace(number: int) -> tuple[str, list[dict[str, Any]]]:
    """Return a trace that began at second `number` of a minute, with its documents."""
    identity = f"1-{int(BEGAN) + number:08x}-{number:024x}"
    return identity, [a_segment(f"{number:016x}", annotations={"number": number}) | {"trace_id": identity}]


def test_traces_of_the_data_plane_are_found_and_read() -> None:
    traces = dict(a_trace(number) for number in range(7))
    ids = list(traces)
    with (
        answering({"/segments": traces | {"1-00000000-000000000000000000000000": []}}) as address,
        ControlPlane() as control_plane,
        aws_client("xray", control_plane.environment) as xray,
    ):
        times = {"StartTime": BEGAN, "EndTime": BEGAN + 60}
        assert xray.get_trace_summaries(**times)["TraceSummaries"] == []  # There is no data plane yet.
        control_plane.invoke_on(address)
        assert [one["Id"] for one in xray.get_trace_summaries(**times)["TraceSummaries"]] == ids
        later = {"StartTime": BEGAN + 2, "EndTime": BEGAN + 3}
        assert [one["Id"] for one in xray.get_trace_summaries(**later)["TraceSummaries"]] == ids[2:4]
        assert len(xray.get_trace_summaries(**times, TimeRangeType="Event")["TraceSummaries"]) == 7
        [found] = xray.get_trace_summaries(**times, FilterExpression="annotation.number = 4")["TraceSummaries"]
        assert found["Id"] == ids[4]
        assert found["Annotations"]["number"][0]["AnnotationValue"] == {"NumberValue": 4.0}
        with pytest.raises(ClientError, match="the keyword 'edge' is not supported"):
            xray.get_trace_summaries(**times, FilterExpression='edge("a", "b")')
        unknown = "1-00000000-000000000000000000000001"
        read = xray.batch_get_traces(TraceIds=[ids[1], unknown])
        [trace] = read["Traces"]
        assert json.loads(trace["Segments"][0]["Document"]) == traces[ids[1]][0]
        assert read["UnprocessedTraceIds"] == [unknown]
        with pytest.raises(ClientError, match="At most 5 traces"):
            xray.batch_get_traces(TraceIds=ids)
