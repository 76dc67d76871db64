"""Temporary credentials of a function's role, as every execution environment has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True, slots=True)
class Credentials:
    """What STS gives to who assumes a role (https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html)."""

    access_key_id: str
    secret_access_key: str
    session_token: str


class RoleCredentials:
    """Assumes roles on the control plane that `environment` (its AWS_* variables) names; safe with threads."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._client: STSClient = boto3.client(
            "sts",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
        )

    def assume(self, role_arn: str, session_name: str) -> Credentials:
        """Return new credentials of a role; Lambda names the session like the function."""
        given = self._client.assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
