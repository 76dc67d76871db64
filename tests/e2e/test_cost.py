"""The estimate of costs counts what the applied stack has."""

from cost.services import services_of
from local_aws.session import Session
from tests.support.moto_servers import aws_client
from tests.support.services import PREFIX, ROOT


def test_estimate_counts_the_applied_alarms_dashboards_and_secrets(session: Session) -> None:
    with aws_client("cloudwatch", session.control_plane) as cloudwatch:
        pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{PREFIX}-")
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        dashboards = cloudwatch.list_dashboards()["DashboardEntries"]
    with aws_client("secretsmanager", session.control_plane) as secrets:
        stored = secrets.list_secrets()["SecretList"]
    watched = [len([metric for metric in alarm.get("Metrics", ()) if "MetricStat" in metric]) or 1 for alarm in alarms]
    estimated = services_of(ROOT)
    assert (sum(watched), 1, len(stored)) == (estimated.alarm_metrics, len(dashboards), estimated.secrets)
