"""X-Ray: adds groups, which moto 5.2.5 lacks."""

import json
import uuid
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.xray import urls
from moto.xray.responses import XRayResponse

ACTIONS = ("CreateGroup", "GetGroup", "DeleteGroup", "ListTagsForResource")


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for action in ACTIONS:
        urls.url_paths["{0}/" + action + "$"] = GroupsResponse.dispatch


class GroupsBackend(BaseBackend):
    """The groups of one account in one region, and their tags, by ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.groups: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, list[dict[str, str]]] = {}


backends = BackendDict(GroupsBackend, "xray")


class GroupsResponse(XRayResponse):
    """The calls that Terraform makes for an aws_xray_group: https://docs.aws.amazon.com/xray/latest/api/API_Group.html."""

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
        return json.dumps({"Group": group}) if group else self._error("InvalidRequestException", "Group not found")

    def delete_group(self) -> str | tuple[str, dict[str, int]]:
        """DeleteGroup, by ARN."""
        arn = self._get_param("GroupARN")
        if self._backend.groups.pop(arn, None) is None:
            return self._error("InvalidRequestException", "Group not found")
        del self._backend.tags[arn]
        return "{}"

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource."""
        return json.dumps({"Tags": self._backend.tags.get(self._get_param("ResourceARN"), [])})

    @property
    def _backend(self) -> GroupsBackend:
        return backends[self.current_account][self.region]
