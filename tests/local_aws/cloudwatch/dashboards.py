"""A dashboard's body in the forms that our Terraform module writes."""

import json
from typing import Any

from local_aws.cloudwatch.dashboard import Dashboard, dashboard

NAMESPACE = "Shop/dev"
BY_ROUTE = "SEARCH('{\"Shop/dev\",service,route} MetricName=\"Latency\"', 'p99')"
DOMAIN = 'SEARCH(\'{"Shop/dev",service} service="orders" NOT MetricName="5xx"\', \'Sum\')'
REQUESTS = ["AWS/ApiGateway", "Count", "ApiId", "a1b2c3", {"stat": "SampleCount"}]
RATE = [
    [{"expression": "100 * FILL(errors, 0) / requests", "label": "5xx"}],
    [{"expression": "100 * FILL(refused, 0) / requests", "label": "4xx", "yAxis": "right"}],
    ["AWS/ApiGateway", "5xx", "ApiId", "a1b2c3", {"stat": "Sum", "id": "errors", "visible": False}],
    ["AWS/ApiGateway", "4xx", "ApiId", "a1b2c3", {"stat": "Sum", "id": "refused", "visible": False}],
    ["AWS/ApiGateway", "Count", "ApiId", "a1b2c3", {"stat": "SampleCount", "id": "requests", "visible": False}],
]
UNITS = ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "orders", {"stat": "Sum", "label": "orders"}]


def a_heading(markdown: str = "## Traffic", **changes: Any) -> dict[str, Any]:
    place = {"x": 0, "y": 0, "width": 24, "height": 1}
    return {"type": "text", "properties": {"markdown": markdown}} | place | changes


def a_graph(*metrics: Any, **changes: Any) -> dict[str, Any]:
    properties = {
        "title": "Requests",
        "region": "eu-central-1",
        "view": "timeSeries",
        "period": 60,
        "yAxis": {"left": {"min": 0}},
        "metrics": list(metrics or [REQUESTS]),
        "annotations": {"horizontal": []},
    }
    return {"type": "metric", "properties": properties | changes, "x": 8, "y": 1, "width": 8, "height": 6}


def a_body(*widgets: dict[str, Any]) -> str:
    return json.dumps({"widgets": widgets or [a_heading(), a_graph()]})


def a_dashboard(*widgets: dict[str, Any]) -> Dashboard:
    return dashboard("shop-dev", a_body(*widgets))
