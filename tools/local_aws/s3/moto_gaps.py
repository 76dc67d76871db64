"""S3: leaves out statements with conditions of bucket policies, which moto 5.2.5 applies as if they had none.

A policy that denies requests without TLS would deny every request.
"""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3 import models


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    vars(models)["FakeBucket"] = Bucket


class Bucket(models.FakeBucket):
    """A bucket whose policy is evaluated without its conditional statements."""

    def get_permission(self, action: str, resource: str) -> Any:
        """Return what the statements without conditions decide."""
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        kept = [statement for statement in policy["Statement"] if "Condition" not in statement]
        return IAMPolicy(json.dumps(policy | {"Statement": kept})).is_action_permitted(action, resource)
