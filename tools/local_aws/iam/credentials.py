"""Temporary credentials of a role, as Lambda gives them to each environment of a function.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_aws.clients.operator_client import operator_client
from local_aws.iam.roles import read_trust

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

SECONDS = 12 * 60 * 60  # the longest that STS allows; they are not renewed during the environment's life


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials: access key id, secret access key and session token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


class RoleCredentials:
    """Assumes roles on the control plane that `environment` (its AWS_* variables) names; safe with threads.

    Args:
        environment: The variables.
        service: The AWS service that assumes them.
    """

    def __init__(self, environment: Mapping[str, str], service: str = "lambda.amazonaws.com") -> None:
        self._service = service
        self._iam: IAMClient = operator_client("iam", environment)
        self._sts: STSClient = operator_client("sts", environment)

    def assume(self, role_arn: str, session_name: str) -> Credentials:
        """Return new credentials of the role, for twelve hours.

        Raises:
            PolicyError: The role does not exist, or the service may not assume it.
        """
        read_trust(
            self._iam, role_arn, self._service
        )  # moto issues credentials for any role, even one that does not exist.
        answer = self._sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name, DurationSeconds=SECONDS)
        made = answer["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
