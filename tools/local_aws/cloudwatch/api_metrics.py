"""API Gateway's metrics of an HTTP API, and Lambda's throttles of its calls, from the stage's access log.

Names and dimensions: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html.
"""

import json
from collections.abc import Iterator

from local_aws.cloudwatch.datapoints import Metric, Sample
from local_aws.cloudwatch.function_metrics import function_sample
from local_aws.model.observed import Observed

_VARIABLES = ("status", "responseLatency", "integrationLatency", "integrationStatus", "routeKey")
_REFUSED = "429"  # Lambda's status when a function's concurrency is used up


def api_samples(observed: Observed, text: str) -> Iterator[Sample]:
    """Read a line of the API's file in `.local/up/logs`, which is in the format of its stage.

    A request is a value of `Count`, `4xx` and `5xx`, so that their average is a rate, as documented for REST APIs.
    """
    event = json.loads(text)
    time = event["timestamp"] / 1000
    line = _by_variable(observed.access_log_format or "{}", event["message"])
    if line is None:
        return
    kind = int(line["status"]) // 100
    values = {"Count": 1, "4xx": kind == 4, "5xx": kind == 5}  # noqa: PLR2004 - classes of status codes
    for name, value in values.items():
        yield from _samples(observed, name, time, value, "Count")
    for name, variable in (("Latency", "responseLatency"), ("IntegrationLatency", "integrationLatency")):
        if line[variable] != "-":
            yield from _samples(observed, name, time, int(line[variable]), "Milliseconds")
    if line["integrationStatus"] == _REFUSED:
        function = observed.routes.get(line["routeKey"])
        if function:  # A deployment may have removed the route.
            yield function_sample(function, "Throttles", time, 1)


def _samples(observed: Observed, name: str, time: float, value: float, unit: str) -> Iterator[Sample]:
    api = {"ApiId": observed.api}
    for dimensions in (api, api | {"Stage": observed.stage}):
        yield Sample(Metric.of("AWS/ApiGateway", name, dimensions), unit, time, (float(value),))


def _by_variable(template: str, message: str) -> dict[str, str] | None:
    """Return the values of a line by variable, or None when it is not JSON or a needed variable is missing."""
    try:
        keys = {variable.removeprefix("$context."): key for key, variable in json.loads(template).items()}
        line = json.loads(message)
        return {variable: line[keys[variable]] for variable in _VARIABLES}
    except (ValueError, LookupError):
        return None
