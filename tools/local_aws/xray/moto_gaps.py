"""X-Ray: adds groups, and reads the traces of the data plane, which moto 5.2.5 lacks."""

import json
import time
import uuid
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.xray import urls
from moto.xray.responses import XRayResponse

from local_aws.clients.data_plane_link import data_plane
from local_aws.xray.summary import summary, trace
from local_aws.xray.trace_filter import FilterError, parse_filter

TAGGING = ("ListTagsForResource", "TagResource", "UntagResource")
ACTIONS = ("CreateGroup", "GetGroup", "Groups", "DeleteGroup", "TraceSummaries", "Traces", *TAGGING)
TRACES = 5  # of a call of BatchGetTraces
_INVALID = "InvalidRequestException"


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for action in ACTIONS:
        urls.url_paths["{0}/" + action + "$"] = LocalResponse.dispatch


class GroupsBackend(BaseBackend):
    """The groups of one account in one region, and their tags, by ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.groups: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, list[dict[str, str]]] = {}


backends = BackendDict(GroupsBackend, "xray")


class LocalResponse(XRayResponse):
    """What Terraform calls for an aws_xray_group, and what reads traces: https://docs.aws.amazon.com/xray/latest/api/API_Operations.html."""

    def create_group(self) -> str:
        """CreateGroup."""
        name = self._get_param("GroupName")
        arn = f"arn:aws:xray:{self.region}:{self.current_account}:group/{name}/{uuid.uuid4().hex.upper()}"
        insights = {"InsightsEnabled": False, "NotificationsEnabled": False}
        group = {
            "GroupName": name,
            "GroupARN": arn,
            "FilterExpression": self._get_param("FilterExpression", ""),
            "InsightsConfiguration": insights | self._get_param("InsightsConfiguration", {}),
        }
        self._backend.groups[arn] = group
        self._backend.tags[arn] = self._get_param("Tags", [])
        return json.dumps({"Group": group})

    def get_group(self) -> str | tuple[str, dict[str, int]]:
        """GetGroup, by ARN."""
        group = self._backend.groups.get(self._get_param("GroupARN"))
        return json.dumps({"Group": group}) if group else self._error(_INVALID, "Group not found")

    def groups(self) -> str:
        """GetGroups: all, without X-Ray's own group `Default`, in one page."""
        return json.dumps({"Groups": list(self._backend.groups.values())})

    def delete_group(self) -> str | tuple[str, dict[str, int]]:
        """DeleteGroup, by ARN."""
        arn = self._get_param("GroupARN")
        if self._backend.groups.pop(arn, None) is None:
            return self._error(_INVALID, "Group not found")
        del self._backend.tags[arn]
        return "{}"

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource."""
        return json.dumps({"Tags": self._backend.tags.get(self._get_param("ResourceARN"), [])})

    def tag_resource(self) -> str:
        """TagResource."""
        arn, new = self._get_param("ResourceARN"), self._get_param("Tags")
        self._backend.tags[arn] = [*self._without({tag["Key"] for tag in new}), *new]
        return "{}"

    def untag_resource(self) -> str:
        """UntagResource."""
        self._backend.tags[self._get_param("ResourceARN")] = self._without(set(self._get_param("TagKeys")))
        return "{}"

    def _without(self, keys: set[str]) -> list[dict[str, str]]:
        return [tag for tag in self._backend.tags[self._get_param("ResourceARN")] if tag["Key"] not in keys]

    def trace_summaries(self) -> str | tuple[str, dict[str, int]]:
        """GetTraceSummaries: of all matching traces, in one page, in order of their arrival."""
        begin, end = self._get_param("StartTime"), self._get_param("EndTime")
        by_id = self._get_param("TimeRangeType", "TraceId") == "TraceId"
        expression = self._get_param("FilterExpression")
        try:
            matches = parse_filter(expression) if expression else None
        except FilterError as error:
            return self._error(_INVALID, f"{error}.")
        summaries = [summary(trace_id, documents) for trace_id, documents in _traces().items() if documents]
        found = [
            one
            for one in summaries
            if begin <= (int(one["Id"].split("-")[1], 16) if by_id else one["StartTime"]) <= end
        ]
        chosen = [one for one in found if matches is None or matches(one)]
        return json.dumps(
            {"TraceSummaries": chosen, "TracesProcessedCount": len(found), "ApproximateTime": time.time()}
        )

    def traces(self) -> str | tuple[str, dict[str, int]]:
        """BatchGetTraces."""
        wanted = self._get_param("TraceIds")
        if len(wanted) > TRACES:
            return self._error(_INVALID, f"At most {TRACES} traces can be read at a time.")
        known = _traces()
        return json.dumps(
            {
                "Traces": [trace(one, known[one]) for one in wanted if known.get(one)],
                "UnprocessedTraceIds": [one for one in wanted if not known.get(one)],
            }
        )

    @property
    def _backend(self) -> GroupsBackend:
        return backends[self.current_account][self.region]


def _traces() -> dict[str, list[dict[str, Any]]]:
    """Return the documents of each trace that the data plane has, the oldest first."""
    found: dict[str, list[dict[str, Any]]] | None = data_plane.get("/segments")
    return found or {}
