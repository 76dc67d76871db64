"""What is left in the account of a control plane after everything was destroyed."""

import re
from collections.abc import Callable
from typing import Any, Final

from monorepo.services import ROOT

TERRAFORM: Final = ROOT / "terraform"
# Where `left_behind` looks for each type of resource of the Terraform root.
KINDS: Final = {
    "aws_acm_certificate": "certificates",
    "aws_apigatewayv2_api": "APIs",
    "aws_apigatewayv2_domain_name": "domain names",
    "aws_appautoscaling_policy": "scaling policies",
    "aws_appautoscaling_scheduled_action": "schedules",
    "aws_appautoscaling_target": "scalable targets",
    "aws_cloudwatch_dashboard": "dashboards",
    "aws_cloudwatch_log_group": "log groups",
    "aws_cloudwatch_metric_alarm": "alarms",
    "aws_cloudwatch_query_definition": "queries",
    "aws_codedeploy_app": "applications",
    "aws_dynamodb_table": "tables",
    "aws_iam_role": "roles",
    "aws_lambda_function": "functions",
    "aws_lambda_layer_version": "layers",
    "aws_route53_record": "records",
    "aws_secretsmanager_secret": "secrets",
    "aws_sns_topic": "topics",
    "aws_sns_topic_subscription": "subscriptions",
    "aws_xray_group": "trace groups",
}
# Types that `left_behind` does not look for, and why.
NOT_LOOKED_FOR: Final = {
    "aws_acm_certificate_validation": "waits, and is no resource in AWS",
    "aws_apigatewayv2_api_mapping": "part of a domain name",
    "aws_apigatewayv2_authorizer": "part of an API",
    "aws_apigatewayv2_integration": "part of an API",
    "aws_apigatewayv2_route": "part of an API",
    "aws_apigatewayv2_stage": "part of an API",
    "aws_backup_plan": "moto has no backup selections",
    "aws_backup_selection": "moto has no backup selections",
    "aws_backup_vault": "moto has no backup selections",
    "aws_codedeploy_deployment_group": "part of an application",
    "aws_ecr_lifecycle_policy": "of terraform/bootstrap, which is never destroyed",
    "aws_ecr_repository": "of terraform/bootstrap, which is never destroyed",
    "aws_ecr_repository_policy": "of terraform/bootstrap, which is never destroyed",
    "aws_iam_role_policy": "part of a role",
    "aws_iam_role_policy_attachment": "part of a role",
    "aws_lambda_alias": "part of a function",
    "aws_lambda_permission": "part of a function",
    "aws_lambda_provisioned_concurrency_config": "part of a function",
    "aws_secretsmanager_secret_version": "part of a secret",
    "aws_sns_topic_policy": "part of a topic",
}


def types() -> set[str]:
    """Return the types of all resources of the Terraform root and its modules."""
    files = [*TERRAFORM.glob("*.tf"), *TERRAFORM.glob("modules/*/*.tf")]
    return {name for file in files for name in re.findall(r'^resource "(aws_\w+)"', file.read_text(), re.MULTILINE)}


def left_behind(aws: Callable[[str], Any]) -> dict[str, list[Any]]:
    """Return the resources of each of `KINDS`, if any are left.

    Args:
        aws: Returns a client by the name of its service.
    """
    zones = aws("route53").list_hosted_zones()["HostedZones"]
    records = [
        record
        for zone in zones
        for record in aws("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if record["Type"] not in {"NS", "SOA"}
    ]
    scaling = aws("application-autoscaling")
    found = {
        "functions": aws("lambda").list_functions()["Functions"],
        "layers": aws("lambda").list_layers()["Layers"],
        "tables": aws("dynamodb").list_tables()["TableNames"],
        "secrets": aws("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"],
        "roles": aws("iam").list_roles()["Roles"],
        "log groups": aws("logs").describe_log_groups()["logGroups"],
        "queries": aws("logs").describe_query_definitions()["queryDefinitions"],
        "alarms": aws("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": aws("cloudwatch").list_dashboards()["DashboardEntries"],
        "topics": aws("sns").list_topics()["Topics"],
        "subscriptions": aws("sns").list_subscriptions()["Subscriptions"],
        "trace groups": aws("xray").get_groups()["Groups"],
        "APIs": aws("apigatewayv2").get_apis()["Items"],
        "domain names": aws("apigatewayv2").get_domain_names()["Items"],
        "certificates": aws("acm").list_certificates()["CertificateSummaryList"],
        "records": records,
        "applications": aws("codedeploy").list_applications()["applications"],
        "scalable targets": scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"],
        "scaling policies": scaling.describe_scaling_policies(ServiceNamespace="lambda")["ScalingPolicies"],
        "schedules": scaling.describe_scheduled_actions(ServiceNamespace="lambda")["ScheduledActions"],
    }
    assert found.keys() == set(KINDS.values())
    return {kind: resources for kind, resources in found.items() if resources}
