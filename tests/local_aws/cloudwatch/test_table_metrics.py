from local_aws.cloudwatch.table_metrics import table_samples
from tests.local_aws.cloudwatch.local_lines import calls_of_one, told


def test_a_call_has_the_latency_of_its_table_and_operation() -> None:
    [sample] = table_samples(calls_of_one("Query", "books/index/author"))
    assert told([sample]) == [("SuccessfulRequestLatency", {"TableName": "books", "Operation": "Query"}, 3.5)]
    assert (sample.metric.namespace, sample.unit) == ("AWS/DynamoDB", "Milliseconds")


def test_a_transaction_counts_once_for_each_table() -> None:
    samples = list(table_samples(calls_of_one("TransactWriteItems", "books", "books", "users")))
    assert [told_[1]["TableName"] for told_ in told(samples)] == ["books", "users"]


def test_calls_at_another_time_are_other_calls() -> None:
    calls = [*calls_of_one("GetItem", "books", time=1.0), *calls_of_one("GetItem", "books", time=1.1)]
    assert len(list(table_samples(calls))) == 2


def test_a_failure_of_the_service_is_a_system_error_and_a_refusal_is_nothing() -> None:
    failed = calls_of_one("PutItem", "books", status=500)
    assert told(list(table_samples(failed))) == [("SystemErrors", {"TableName": "books", "Operation": "PutItem"}, 1)]
    assert list(table_samples(calls_of_one("PutItem", "books", status=400))) == []


def test_calls_of_other_services_are_left_out() -> None:
    assert list(table_samples(calls_of_one("GetSecretValue", "x", action="secretsmanager:GetSecretValue"))) == []
