from local_aws.cloudwatch.datapoints import Datapoints, Metric, Sample

LATENCY = Metric.of("Shop/dev", "Latency", {"service": "orders", "route": "/orders"})
OF_SERVICE = Metric.of("Shop/dev", "Latency", {"service": "orders"})


def a_sample(time: float, *values: float, metric: Metric = LATENCY) -> Sample:
    return Sample(metric, "Milliseconds", time, values)


def test_values_are_grouped_by_period() -> None:
    datapoints = Datapoints(5)
    datapoints.add([a_sample(110.0, 8), a_sample(104.999, 2), a_sample(100.0, 1, 3)])
    assert datapoints.points(LATENCY, "Sum") == {100: 6, 110: 8}
    assert datapoints.points(LATENCY, "SampleCount") == {100: 3, 110: 1}
    assert (datapoints.first(), datapoints.unit(LATENCY)) == (100, "Milliseconds")


def test_different_dimensions_are_different_metrics() -> None:
    datapoints = Datapoints(5)
    datapoints.add([a_sample(100, 1)])
    assert datapoints.points(OF_SERVICE, "Sum") == {}
    assert datapoints.unit(OF_SERVICE) is None
    assert Metric.of("Shop/dev", "Latency", {"route": "/orders", "service": "orders"}) == LATENCY


def test_old_periods_and_empty_metrics_are_dropped() -> None:
    datapoints = Datapoints(5)
    datapoints.add([a_sample(100, 1), a_sample(105, 2), a_sample(100, 1, metric=OF_SERVICE)])
    assert datapoints.metrics() == [LATENCY, OF_SERVICE]
    datapoints.forget(before=105)
    assert datapoints.metrics() == [LATENCY]
    assert datapoints.points(LATENCY, "Sum") == {105: 2}
    datapoints.forget(before=200)
    assert (datapoints.metrics(), datapoints.first()) == ([], None)
