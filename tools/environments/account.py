"""The AWS account and region of the host's credentials, and the names that terraform/bootstrap gives there."""

import os
from dataclasses import dataclass
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from environments.problem import ProblemError
from monorepo.product import product


@dataclass(frozen=True, slots=True)
class Account:
    """An account in one region; the names follow the rules of terraform/bootstrap."""

    id: str
    region: str
    partition: str
    name: str

    @classmethod
    def current(cls) -> Self:
        """Return the account of the host's credentials.

        Raises:
            ProblemError: There are no valid credentials, or no region.
        """
        region = os.environ.get("AWS_REGION") or boto3.Session().region_name
        if not region:
            raise ProblemError("There is no AWS region: set AWS_REGION, such as eu-central-1.")
        try:
            caller = client("sts", region).get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise ProblemError(f"There are no valid AWS credentials: {error} Set AWS_PROFILE, or sign in.") from error
        return cls(caller["Account"], region, caller["Arn"].split(":")[1], product().name)

    @property
    def state_bucket(self) -> str:
        """Name of the bucket with the states."""
        return f"{self.name}-state-{self.id}-{self.region}"

    @property
    def artefact_bucket(self) -> str:
        """Name of the bucket with the published zips."""
        return f"{self.name}-artefacts-{self.id}-{self.region}"

    def boundary(self, role_path: str, environment: str) -> str:
        """Return the ARN of the boundary of the roles that deployments of an environment create."""
        return f"arn:{self.partition}:iam::{self.id}:policy{role_path}{self.name}-boundary-{environment}-{self.region}"


def client(service: str, region: str) -> Any:
    """Return a client with the host's credentials."""
    return boto3.client(service, region_name=region)
