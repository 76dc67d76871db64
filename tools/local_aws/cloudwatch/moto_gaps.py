"""CloudWatch: evaluates alarms and keeps their history, and returns the metrics of the local run, which moto lacks."""

import time
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import urls
from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from local_aws.clients.data_plane_link import data_plane
from local_aws.cloudwatch.alarm import AlarmError, read_alarm
from local_aws.cloudwatch.alarm_state import Judgement
from local_aws.cloudwatch.alarm_store import AlarmStore, stores
from local_aws.cloudwatch.datapoints import Points, Sample
from local_aws.cloudwatch.expression import ExpressionError
from local_aws.cloudwatch.local_run import PERIOD, LocalRun
from local_aws.cloudwatch.metric_reads import ReadError, listed, metric_data, metric_of, statistics

KEPT = 3600 // PERIOD  # periods: one hour
RECORDS = 100  # of a page of the history
METRICS = 500  # of a page of ListMetrics

metrics = LocalRun(data_plane.observed, KEPT)


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = LocalResponse.dispatch


class LocalResponse(CloudWatchResponse):
    """moto's operations, and those that need the local run or the alarms' states."""

    def put_metric_alarm(self) -> ActionResult:
        """PutMetricAlarm: an alarm that exists keeps its state."""
        parameters = self._get_params()
        try:
            alarm = read_alarm(parameters)
        except AlarmError as error:
            name = parameters["AlarmName"]
            raise ValidationError(f"The embedded AWS does not evaluate the alarm {name}: {error}.") from None
        alarms = self.cloudwatch_backend.alarms
        previous = alarms.get(alarm.name)
        result = super().put_metric_alarm()
        self._store.put(alarms[alarm.name], alarm, parameters, previous)
        return result

    def set_alarm_state(self) -> ActionResult:
        """SetAlarmState: also notifies, and lasts until the next evaluation."""
        name = self._get_param("AlarmName")
        stored = self.cloudwatch_backend.alarms.get(name)
        if stored is None:
            return super().set_alarm_state()  # which raises
        new = Judgement(
            self._get_param("StateValue"), self._get_param("StateReason"), self._get_param("StateReasonData") or "{}"
        )
        self._store.change(stored, new, time.time())
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        """DescribeAlarms: those that match all filters, where moto takes the first filter only."""
        names, state = self._get_param("AlarmNames", []), self._get_param("StateValue")
        prefix, action = self._get_param("AlarmNamePrefix") or "", self._get_param("ActionPrefix") or ""
        found = [
            alarm
            for alarm in self.cloudwatch_backend.alarms.values()
            if alarm.name.startswith(prefix)
            and (not names or alarm.name in names)
            and state in (None, alarm.state_value)
            and (not action or any(arn.startswith(action) for arn in alarm.alarm_actions))
        ]
        return ActionResult({"MetricAlarms": found, "CompositeAlarms": []})

    def describe_alarm_history(self) -> ActionResult:
        """DescribeAlarmHistory: state updates and actions, the newest first."""
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        begin, end = _time(self._get_param("StartDate")), _time(self._get_param("EndDate"))
        found = [
            item
            for item in list(self._store.history)
            if name in (None, item["AlarmName"])
            and kind in (None, item["HistoryItemType"])
            and (begin is None or begin <= item["Timestamp"])
            and (end is None or item["Timestamp"] <= end)
        ]
        if self._get_param("ScanBy") != "TimestampAscending":
            found.reverse()
        first, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxRecords") or RECORDS)
        rest = str(first + size) if first + size < len(found) else None
        return ActionResult({"AlarmHistoryItems": found[first : first + size], "NextToken": rest})

    def put_metric_data(self) -> ActionResult:
        """PutMetricData: values, not sets of statistics."""
        namespace, now = self._get_param("Namespace"), time.time()
        samples = []
        for number, datum in enumerate(self._get_param("MetricData", []), 1):
            if datum.get("StatisticValues"):
                raise ValidationError(f"MetricData {number}: the embedded AWS stores values, not StatisticValues.")
            values = datum.get("Values") or [datum.get("Value", 0.0)]
            counts = datum.get("Counts") or [1.0] * len(values)
            repeated = tuple(
                float(value) for value, count in zip(values, counts, strict=True) for _ in range(int(count))
            )
            at = _time(datum.get("Timestamp"))
            metric = metric_of({**datum, "Namespace": namespace})
            samples.append(Sample(metric, datum.get("Unit") or "None", at.timestamp() if at else now, repeated))
        metrics.add(samples)
        return EmptyResult()

    def get_metric_data(self) -> ActionResult:
        """GetMetricData: metrics and metric math, in one page."""
        queries = self._get_param("MetricDataQueries", [])
        begin, end = self._range()
        try:
            found = list(metric_data(metrics.datapoints(time.time()), queries, begin, end))
        except (ExpressionError, ReadError) as error:
            raise ValidationError(f"{error}.") from None
        newest_first = self._get_param("ScanBy") != "TimestampAscending"
        return ActionResult({"MetricDataResults": [_result(*one, newest_first=newest_first) for one in found]})

    def get_metric_statistics(self) -> ActionResult:
        """GetMetricStatistics."""
        metric = metric_of(self._get_params())
        plain, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
        datapoints = metrics.datapoints(time.time())
        unit = datapoints.unit(metric)
        label = {"Label": metric.name}
        try:
            found = statistics(datapoints, metric, [*plain, *extended], *self._range(), int(self._get_param("Period")))
        except ReadError as error:
            raise ValidationError(f"{error}.") from None
        if self._get_param("Unit") not in (None, unit):
            return ActionResult({**label, "Datapoints": []})
        starts = sorted({start for points in found.values() for start in points})
        return ActionResult(
            {
                **label,
                "Datapoints": [
                    {"Timestamp": datetime.fromtimestamp(start, UTC), "Unit": unit}
                    | {name: found[name][start] for name in plain}
                    | ({"ExtendedStatistics": {name: found[name][start] for name in extended}} if extended else {})
                    for start in starts
                ],
            }
        )

    def list_metrics(self) -> ActionResult:
        """ListMetrics: the metrics of the last hour."""
        name, namespace = self._get_param("MetricName"), self._get_param("Namespace")
        found = listed(metrics.datapoints(time.time()), namespace, name, self._get_param("Dimensions", []))
        first = int(self._get_param("NextToken") or 0)
        described = [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(metric.dimensions)],
            }
            for metric in found[first : first + METRICS]
        ]
        rest = str(first + METRICS) if first + METRICS < len(found) else None
        return ActionResult({"Metrics": described, "NextToken": rest})

    def _range(self) -> tuple[float, float]:
        begin, end = _time(self._get_param("StartTime")), _time(self._get_param("EndTime"))
        assert begin  # noqa: S101 - required by the API
        assert end  # noqa: S101 - required by the API
        return begin.timestamp(), end.timestamp()

    @property
    def _store(self) -> AlarmStore:
        return stores[self.current_account][self.region]


def _result(identity: str, label: str, points: Points, *, newest_first: bool) -> dict[str, Any]:
    starts = sorted(points, reverse=newest_first)
    return {
        "Id": identity,
        "Label": label,
        "Timestamps": [datetime.fromtimestamp(start, UTC) for start in starts],
        "Values": [points[start] for start in starts],
        "StatusCode": "Complete",
    }


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    assert isinstance(value, datetime)  # noqa: S101 - moto parses timestamps
    return value if value.tzinfo else value.replace(tzinfo=UTC)
