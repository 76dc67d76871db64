"""DynamoDB's metrics of tables, from the calls that the control plane recorded.

Names and dimensions: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from local_aws.cloudwatch.datapoints import Metric, Sample
from local_aws.iam.calls import Call

_OK, _FAILED = 200, 500


def table_samples(calls: Iterable[Call]) -> Iterator[Sample]:
    """Return the samples of calls; a transaction, whose rows are adjacent, counts for each of its tables."""
    for (time, _, operation), group in groupby(calls, lambda call: (call.time, call.access_key_id, call.operation)):
        of_one = list(group)
        for table in sorted({_table(call.resource) for call in of_one if call.action.startswith("dynamodb:")}):
            dimensions = {"TableName": table, "Operation": operation}
            if of_one[0].status == _OK:
                latency = Metric.of("AWS/DynamoDB", "SuccessfulRequestLatency", dimensions)
                yield Sample(latency, "Milliseconds", time, (of_one[0].duration_ms,))
            elif of_one[0].status >= _FAILED:
                yield Sample(Metric.of("AWS/DynamoDB", "SystemErrors", dimensions), "Count", time, (1.0,))


def _table(arn: str) -> str:
    """Return the table's name from its ARN or from the ARN of one of its indexes."""
    return arn.split(":", 5)[-1].split("/")[1]
