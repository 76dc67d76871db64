"""A table restored from a point in time takes the place of a service's own table, by a variable."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from local_aws.terraform.stack import Stack, StackError
from monorepo.product import product
from monorepo.services import default_service
from tests.support.applied_stack import Applied
from tests.support.services import REGION

SERVICE = default_service()
FUNCTION = ORIGINAL = f"{product().name}-dev-{SERVICE.name}"
RESTORED = f"{ORIGINAL}-20261129"
AGAIN = f"{ORIGINAL}-20261130"


def switched(applied: Applied, **table: Any) -> Stack:
    chosen = {SERVICE.name: {"name": RESTORED} | table}
    return replace(applied.stack, variables={**applied.stack.variables, "restored_tables": json.dumps(chosen)})


def an_item(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key["AttributeName"]: {"S": "kept"} for key in table["KeySchema"]}


def granted(aws: Any) -> set[str]:
    policy = aws("iam").get_role_policy(RoleName=f"{FUNCTION}-{REGION}", PolicyName="service")["PolicyDocument"]
    return {arn.split("/")[1] for one in policy["Statement"] for arn in one["Resource"] if ":table/" in arn}


def test_table_of_another_environment_is_rejected(applied: Applied) -> None:
    with pytest.raises(StackError) as raised:
        switched(applied, former=[ORIGINAL.replace("-dev-", "-prod-")]).plan()
    said = " ".join(str(raised.value).replace("│", " ").split())
    assert f"restored_tables: a table's name begins with {product().name}-dev-" in said


def test_restored_table_is_used_and_managed(applied: Applied, aws: Any) -> None:
    dynamodb = aws("dynamodb")
    item = an_item(dynamodb.describe_table(TableName=ORIGINAL)["Table"])
    dynamodb.put_item(TableName=ORIGINAL, Item=item)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=ORIGINAL, TargetTableName=RESTORED, UseLatestRestorableTime=True
    )
    dynamodb.delete_item(TableName=ORIGINAL, Key=item)  # Only the restored table has it.
    switched(applied).apply()

    function = aws("lambda").get_function_configuration(FunctionName=FUNCTION, Qualifier="live")
    used = function["Environment"]["Variables"]["TABLE_NAME"]
    assert used == RESTORED
    assert dynamodb.get_item(TableName=used, Key=item)["Item"] == item

    # With CodeDeploy, the version with the traffic uses the original until the release ends.
    assert granted(aws) >= {RESTORED, ORIGINAL}
    [alarm] = aws("cloudwatch").describe_alarms(AlarmNames=[f"{ORIGINAL}-table-throttles"])["MetricAlarms"]
    watched = {
        dimension["Value"]
        for query in alarm["Metrics"]
        for dimension in query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", ())
        if dimension["Name"] == "TableName"
    }
    assert watched == {RESTORED}

    # A restored table has neither point-in-time recovery nor expiry: Terraform has added them.
    backups = dynamodb.describe_continuous_backups(TableName=RESTORED)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert (
        dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
        == dynamodb.describe_time_to_live(TableName=ORIGINAL)["TimeToLiveDescription"]
    )
    assert applied.stack.outputs()["tables"][SERVICE.name]["name"] == RESTORED


def test_another_restore_keeps_the_former_table_and_deletes_the_original_only_when_told(
    applied: Applied, aws: Any
) -> None:
    dynamodb = aws("dynamodb")
    assert ORIGINAL in dynamodb.list_tables()["TableNames"]
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=RESTORED, TargetTableName=AGAIN, UseLatestRestorableTime=True
    )
    again = switched(applied, name=AGAIN, former=[RESTORED], keep_original=False)
    again.apply()
    assert set(dynamodb.list_tables()["TableNames"]) & {ORIGINAL, RESTORED, AGAIN} == {RESTORED, AGAIN}
    assert again.outputs()["tables"][SERVICE.name]["name"] == AGAIN
    # With CodeDeploy, the version with the traffic uses the former table until the release ends.
    assert granted(aws) & {ORIGINAL, RESTORED, AGAIN} == {RESTORED, AGAIN}
    assert again.plan() is False
