"""X-Ray's gap: groups."""

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
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
        assert xray.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
        xray.delete_group(GroupARN=arn)
        with pytest.raises(ClientError, match="InvalidRequestException"):
            xray.get_group(GroupARN=arn)
        with pytest.raises(ClientError, match="InvalidRequestException"):
            xray.delete_group(GroupARN=arn)
