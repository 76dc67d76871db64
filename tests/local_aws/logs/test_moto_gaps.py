"""CloudWatch Logs' gap: query definitions."""

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, moto_in_this_process


def test_plain_moto_has_no_query_definitions() -> None:
    with (
        moto_in_this_process() as environment,
        aws_client("logs", environment, retries={"total_max_attempts": 1}) as logs,
        # When this fails, moto has query definitions: delete logs/moto_gaps.py.
        pytest.raises(ClientError, match=r"describe_query_definitions|500"),
    ):
        logs.describe_query_definitions()


def test_query_is_created_found_changed_and_deleted(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        query = {"name": "shop/slow", "queryString": "limit 5", "logGroupNames": ["/aws/lambda/shop"]}
        made = logs.put_query_definition(**query)["queryDefinitionId"]
        other = logs.put_query_definition(name="other", queryString="limit 1")["queryDefinitionId"]
        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")["queryDefinitions"]
        assert found.pop("lastModified") > 0
        assert found == query | {"queryDefinitionId": made, "queryLanguage": "CWLI"}

        logs.put_query_definition(queryDefinitionId=made, name="shop/slow", queryString="limit 7")
        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="shop/")["queryDefinitions"]
        assert found["queryString"] == "limit 7"
        assert "logGroupNames" not in found

        for identity in (made, other):
            assert logs.delete_query_definition(queryDefinitionId=identity)["success"] is True
        assert logs.describe_query_definitions()["queryDefinitions"] == []


def test_missing_query_cannot_be_changed_or_deleted(control_plane: ControlPlane) -> None:
    with aws_client("logs", control_plane.environment) as logs:
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.put_query_definition(queryDefinitionId="gone", name="shop/slow", queryString="limit 5")
        with pytest.raises(logs.exceptions.ResourceNotFoundException):
            logs.delete_query_definition(queryDefinitionId="gone")
