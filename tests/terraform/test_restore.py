"""A table restored from a point in time takes the place of a service's own table, by a variable."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_aws.terraform.stack import Stack
from monorepo.product import product
from monorepo.services import default_service
from tests.support.applied_stack import Applied
from tests.support.services import REGION

SERVICE = default_service()
FUNCTION = ORIGINAL = f"{product().name}-dev-{SERVICE.name}"
RESTORED = f"{ORIGINAL}-20261129"


def switched(applied: Applied, **table: Any) -> Stack:
    chosen = {SERVICE.name: {"name": RESTORED, **table}}
    return replace(applied.stack, variables={**applied.stack.variables, "restored_tables": json.dumps(chosen)})


def an_item(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key["AttributeName"]: {"S": "kept"} for key in table["KeySchema"]}


def granted(aws: Any) -> set[str]:
    policy = aws("iam").get_role_policy(RoleName=f"{FUNCTION}-{REGION}", PolicyName="service")["PolicyDocument"]
    return {arn.split("/")[1] for one in policy["Statement"] for arn in one["Resource"] if ":table/" in arn}


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


def test_original_is_deleted_only_when_told(applied: Applied, aws: Any) -> None:
    assert ORIGINAL in aws("dynamodb").list_tables()["TableNames"]
    without = switched(applied, keep_original=False)
    without.apply()
    names = aws("dynamodb").list_tables()["TableNames"]
    assert (ORIGINAL in names, RESTORED in names) == (False, True)
    assert ORIGINAL not in granted(aws)
    assert without.plan() is False
