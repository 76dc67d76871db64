"""Where the embedded AWS keeps Terraform's state: in its own S3, by the root's own backend.

https://developer.hashicorp.com/terraform/language/backend/s3.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.clients.operator_client import operator_client

BUCKET = "terraform-state-of-the-embedded-aws"


@dataclass(frozen=True)
class State:
    """The state of one deployment.

    Args:
        work: Folder of the deployment; each folder has its own state in the bucket.
        environment: The AWS_* variables that name the control plane. Without them there is no state.
    """

    work: Path
    environment: Mapping[str, str]

    def backend(self) -> list[str]:
        """Return the arguments of `terraform init` for the backend."""
        if not self._exists:
            return ["-backend=false"]
        values = {"bucket": BUCKET, "key": self._key, "use_lockfile": "true"}
        return [f"-backend-config={name}={value}" for name, value in values.items()]

    def create_bucket(self) -> None:
        """Create the bucket of all states, unless it exists."""
        if not self._exists:
            return
        client = operator_client("s3", self.environment)
        with closing(client):
            if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
                client.create_bucket(
                    Bucket=BUCKET,
                    CreateBucketConfiguration={"LocationConstraint": self.environment["AWS_REGION"]},
                )

    def read(self) -> dict[str, Any]:
        """Return the state of the last apply or destroy, as parsed JSON."""
        client = operator_client("s3", self.environment)
        with closing(client):
            state: dict[str, Any] = json.load(client.get_object(Bucket=BUCKET, Key=self._key)["Body"])
        return state

    @property
    def _exists(self) -> bool:
        return "AWS_ENDPOINT_URL" in self.environment

    @property
    def _key(self) -> str:
        return f"{self.work.as_posix().lstrip('/')}/terraform.tfstate"
