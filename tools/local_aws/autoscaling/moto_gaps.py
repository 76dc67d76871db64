"""Application Auto Scaling: tags of scalable targets, which moto 5.2.5 lacks.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html.
"""

import json
from typing import Any

from moto.applicationautoscaling import urls
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = TaggedResponse.dispatch


class TaggedResponse(ApplicationAutoScalingResponse):
    """moto's responses, and those of the three operations on tags."""

    def register_scalable_target(self) -> str:
        """RegisterScalableTarget, with its tags."""
        response = super().register_scalable_target()
        self._tags(json.loads(response)["ScalableTargetARN"]).update(self._get_param("Tags") or {})
        return response

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource, which moto lacks."""
        return json.dumps({"Tags": self._tags(self._get_param("ResourceARN"))})

    def tag_resource(self) -> str:
        """TagResource, which moto lacks."""
        self._tags(self._get_param("ResourceARN")).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        """UntagResource, which moto lacks."""
        for key in self._get_param("TagKeys"):
            self._tags(self._get_param("ResourceARN")).pop(key, None)
        return "{}"

    def _tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a target, which are deleted with it."""
        targets: Any = self.applicationautoscaling_backend.targets
        [target] = [target for found in targets.values() for target in found.values() if target.arn == arn]
        tags: dict[str, str] = vars(target).setdefault("tags", {})
        return tags
