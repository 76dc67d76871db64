from local_aws.cloudwatch.table_metrics import table_samples
from tests.local_aws.cloudwatch.local_lines import calls_of_one, summaries


def test_call_latency_is_recorded_by_table_and_operation() -> None:
    [sample] = table_samples(calls_of_one("Query", "orders/index/author"))
    assert summaries([sample]) == [("SuccessfulRequestLatency", {"TableName": "orders", "Operation": "Query"}, 3.5)]
    assert (sample.metric.namespace, sample.unit) == ("AWS/DynamoDB", "Milliseconds")


def test_transaction_is_counted_once_per_table() -> None:
    samples = list(table_samples(calls_of_one("TransactWriteItems", "orders", "orders", "people")))
    assert [summary[1]["TableName"] for summary in summaries(samples)] == ["orders", "people"]


def test_calls_at_other_times_are_counted_separately() -> None:
    calls = [*calls_of_one("GetItem", "orders", time=1.0), *calls_of_one("GetItem", "orders", time=1.1)]
    assert len(list(table_samples(calls))) == 2


def test_only_5xx_counts_as_system_error() -> None:
    failed = calls_of_one("PutItem", "orders", status=500)
    assert summaries(list(table_samples(failed))) == [
        ("SystemErrors", {"TableName": "orders", "Operation": "PutItem"}, 1)
    ]
    assert list(table_samples(calls_of_one("PutItem", "orders", status=400))) == []


def test_calls_of_other_services_are_left_out() -> None:
    assert list(table_samples(calls_of_one("GetSecretValue", "x", action="secretsmanager:GetSecretValue"))) == []
