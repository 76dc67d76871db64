"""The environment variables of functions: those that Terraform sets, and those that Lambda sets."""

from collections.abc import Mapping
from typing import Final

from local_aws.awslambda.mounts import LAMBDA
from local_aws.awslambda.process_variables import process_variables
from local_aws.iam.credentials import Credentials
from local_aws.model.deployment import Archive, Function, Logging
from monorepo.environment import own_variables
from monorepo.services import Service, services
from tests.support.function_variables import function_variables
from tests.support.services import PREFIX, REGION
from tests.support.tokens import SETTINGS

# Tokens that the tests sign are valid.
TOKENS: Final = {"JWT_ISSUER": SETTINGS.jwt_issuer, "JWT_AUDIENCE": SETTINGS.jwt_audience}
# As long as those of a role on Lambda, because every request to AWS is signed with them and carries the token.
_CREDENTIALS: Final = Credentials("ASIA" + "X" * 16, "k" * 40, "t" * 400)


def service_variables(service: Service) -> dict[str, str]:
    """Return what Terraform sets for the function of a service."""
    return function_variables(service.name) | own_variables(service, services(), PREFIX)


def lambda_variables(
    handler: str, own: Mapping[str, str], *, endpoint: str, xray_daemon: str, log_level: str = "TRACE"
) -> dict[str, str]:
    """Return the environment of a function's process.

    Args:
        handler: Of the function.
        own: The variables of its configuration.
        endpoint: Address of the AWS that it calls.
        xray_daemon: Address of X-Ray's daemon.
        log_level: The level below which Lambda drops lines.
    """
    function = Function(
        name="bench",
        version="1",
        arn=f"arn:aws:lambda:{REGION}:123456789012:function:bench:1",
        role="",
        runtime="python3.13",
        handler=handler,
        timeout=15,
        memory=1024,
        code=Archive("", ""),
        layers=(),
        logging=Logging("/aws/lambda/bench", "JSON", log_level),
        variables=own,
    )
    return process_variables(
        function,
        LAMBDA,
        runtime_api="set by the launcher",
        xray_daemon=xray_daemon,
        log_stream="2026/11/30/[1]0123456789abcdef0123456789abcdef",
        credentials=_CREDENTIALS,
        endpoint=endpoint,
    )
