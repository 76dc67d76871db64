"""Application Auto Scaling's gap: the tags of scalable targets."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, moto_in_this_process

DIMENSION = "lambda:function:ProvisionedConcurrency"
TARGET = {"ServiceNamespace": "lambda", "ResourceId": "function:orders:live", "ScalableDimension": DIMENSION}


def register(client: Any, **tags: str) -> str:
    arn: str = client.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=3, Tags=tags)["ScalableTargetARN"]
    return arn


# When the test of plain moto fails, moto has filled the gap: delete local_aws/autoscaling.


def test_plain_moto_has_no_tags() -> None:
    once = {"total_max_attempts": 1}
    with (
        moto_in_this_process() as environment,
        aws_client("application-autoscaling", environment, retries=once) as client,
        pytest.raises(ClientError),
    ):
        client.list_tags_for_resource(ResourceARN=register(client))


def test_target_keeps_its_tags(control_plane: ControlPlane) -> None:
    with aws_client("application-autoscaling", control_plane.environment) as client:
        arn = register(client, Project="shop", Environment="dev")
        client.tag_resource(ResourceARN=arn, Tags={"Environment": "prod", "Owner": "team"})
        client.untag_resource(ResourceARN=arn, TagKeys=["Owner"])
        assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Project": "shop", "Environment": "prod"}
        client.deregister_scalable_target(**TARGET)
        assert client.list_tags_for_resource(ResourceARN=register(client))["Tags"] == {}
        client.deregister_scalable_target(**TARGET)
