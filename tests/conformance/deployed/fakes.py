"""A deployment that AWS and an API describe as a test wants it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.conformance.deployed.sending import Sender
from tests.conformance.deployed.target import Function, Target

ADDRESS = "/api/v1/parts"
HEALTH = f"{ADDRESS}/health"


@dataclass
class Pages:
    """A paginator with these pages, and what it was asked for."""

    pages: Callable[[Mapping[str, Any]], list[dict[str, Any]]]

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        yield from self.pages(arguments)


@dataclass
class Aws:
    """The clients of a deployment, all in one.

    Attributes:
        groups: The messages of each log group.
        metrics: The sum of each metric by its name.
        documents: The segments of each trace.
        alarms: The alarms.
        asked: How often metrics were read.
    """

    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    documents: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    alarms: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0

    def get_paginator(self, operation: str) -> Pages:
        return Pages(
            {"filter_log_events": self._lines, "get_metric_data": self._data, "describe_alarms": self._described}[
                operation
            ]
        )

    def batch_get_traces(self, *, TraceIds: list[str]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        found = {trace_id: self.documents[trace_id] for trace_id in TraceIds if trace_id in self.documents}
        return {
            "Traces": [
                {"Id": trace_id, "Segments": [{"Document": json.dumps(each)} for each in segments]}
                for trace_id, segments in found.items()
            ]
        }

    def _lines(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        texts = [json.dumps(line) for line in self.groups.get(arguments["logGroupName"], ())]
        page: dict[str, Any] = {}
        page["events"] = [{"message": text} for text in texts if arguments["filterPattern"].strip('"') in text]
        return [page]

    def _data(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        self.asked += 1
        results = [
            {"Id": query["Id"], "Values": [self.metrics.get(query["MetricStat"]["Metric"]["MetricName"], 0.0)]}
            for query in arguments["MetricDataQueries"]
        ]
        return [{"MetricDataResults": results}]

    def _described(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "MetricAlarms": [
                    each for each in self.alarms if each["AlarmName"].startswith(arguments["AlarmNamePrefix"])
                ]
            }
        ]


@dataclass(frozen=True, kw_only=True)
class FakeTarget(Target):
    """A target whose clients are all `fake`."""

    fake: Aws

    def aws(self, service: str) -> Any:  # noqa: ARG002 - one fake for all
        return self.fake


def target(
    aws: Aws | None = None, *, origins: tuple[str, ...] = (), variables: Mapping[str, str] | None = None
) -> Target:
    """Return a deployment of one service."""
    function = Function(
        service="parts",
        address=ADDRESS,
        name="shop-dev-parts",
        log_group="functions",
        traced=True,
        variables=dict(variables or {}),
    )
    return FakeTarget(
        prefix="shop-dev",
        namespace="Shop/dev",
        api_id="abc",
        base_url="https://api.example",
        access_log_group="gateway",
        allowed_origins=origins,
        functions=(function,),
        session=None,  # type: ignore[arg-type]  # the fake needs none
        fake=aws or Aws(),
    )


def sender(respond: Callable[[httpx2.Request], httpx2.Response]) -> Sender:
    """Return a sender whose requests get these responses."""
    found = Sender("https://api.example")
    hooks = found.api.event_hooks
    found.api.close()
    found.api = httpx2.Client(
        base_url=found.base_url, headers=found.marks, event_hooks=hooks, transport=httpx2.MockTransport(respond)
    )
    return found
