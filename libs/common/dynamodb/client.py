"""The DynamoDB client, its timeouts, and the translation of its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own name

from common.aws_clients import make_client as make_aws_client
from common.failures import Unavailable
from common.telemetry import logs, traces
from common.throttling import THROTTLES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# If DynamoDB does not respond, all attempts of a call and the pauses between them end before the functions' timeout
# (15 s), which ends before API Gateway's (30 s). The caller then gets our response instead of the gateway's.
CONNECT_SECONDS: Final = 1.0
READ_SECONDS: Final = 3.0
ATTEMPTS: Final = 3
CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    tcp_keepalive=True,
)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
TRANSIENT: Final = THROTTLES | {
    "InternalServerError",
    "LimitExceededException",
    "RequestTimeout",
    "ServiceUnavailable",
    "TransactionInProgressException",
}

AGAIN: Final = "Please try again."


class DatabaseUnavailable(Unavailable):
    """DynamoDB timed out or throttled the call."""

    code = "database-unavailable"
    title = "The database did not respond in time"


class TransactionCollided(DatabaseUnavailable):
    """A concurrent transaction used one of the items; nothing was stored."""


def make_client() -> "DynamoDBClient":
    """Return a client whose calls are traced; call it in INIT, where the CPU is not throttled."""
    client: DynamoDBClient = make_aws_client("dynamodb", CONFIG)
    traces.watch(client)
    return client


@contextmanager
def translated() -> Iterator[None]:
    """Turn botocore's transient errors into `DatabaseUnavailable`.

    Failed conditions and other client errors, which are bugs, are raised unchanged.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
        if "ConditionalCheckFailed" in reasons:
            raise
        if code == "TransactionConflictException" or "TransactionConflict" in reasons:
            raise TransactionCollided(AGAIN) from error
        logs.logger().debug("DynamoDB rejected the call", extra={"operation": error.operation_name, "error": code})
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        transient = code in TRANSIENT or THROTTLES.intersection(reasons)
        if transient or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise DatabaseUnavailable(AGAIN) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        logs.logger().debug("DynamoDB did not respond", extra={"error": type(error).__name__})
        raise DatabaseUnavailable(AGAIN) from error
