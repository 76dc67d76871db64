"""The DynamoDB client, the calls of one operation, and the translation of its errors."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from common import aws_calls
from common.aws_calls import AwsCall, CallFailed, Fate, Judgement
from common.aws_clients import make_client as make_aws_client
from common.failures import Unavailable
from common.telemetry import logs, traces
from common.throttling import THROTTLES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_SECONDS: Final = 3.0
# A concurrent transaction ends within milliseconds.
CONFLICT_ATTEMPTS: Final = 4
CONFIG: Final = aws_calls.config(READ_SECONDS)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
CONDITION_FAILED: Final = "ConditionalCheckFailed"
CONFLICT: Final = "TransactionConflict"
CONFLICTS: Final = frozenset({CONFLICT, "TransactionConflictException"})
REJECTED: Final = THROTTLES | {"LimitExceededException"}
# The transaction in progress has our token: it is our own earlier attempt.
LOST: Final = frozenset(
    {"InternalServerError", "RequestTimeout", "ServiceUnavailable", "TransactionInProgressException"}
)

AGAIN: Final = "Please try again."


class DatabaseUnavailable(Unavailable):
    """DynamoDB timed out or throttled the call."""

    code = "database-unavailable"
    title = "The database did not respond in time"


class TransactionCollided(DatabaseUnavailable):
    """A concurrent transaction used one of the items; nothing was stored."""


class OutcomeUnknown(DatabaseUnavailable):
    """An attempt of the call may have been applied; in all other cases nothing was stored."""


def make_client() -> "DynamoDBClient":
    """Return a client whose calls are traced; call it in INIT, where the CPU is not throttled."""
    client: DynamoDBClient = make_aws_client("dynamodb", CONFIG)
    traces.watch(client)
    return client


class DynamoCall:
    """A call of DynamoDB that is repeated while that can help.

    Args:
        client: A client of DynamoDB.
        method: The name of its method, such as `get_item`.
        pause: Waits the given number of seconds between two attempts.
    """

    def __init__(self, client: "DynamoDBClient", method: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._call = AwsCall(client, method, _judged, pause)

    @property
    def lost(self) -> bool:
        """Whether an attempt that failed may have been applied."""
        return self._call.lost

    def make(self, request: dict[str, Any]) -> Any:
        """Make the call and return the response.

        Raises:
            DatabaseUnavailable: DynamoDB timed out or throttled the call; an ERROR line says which call it was.
            ClientError: A condition does not hold, or the call is wrong, which is a bug.
        """
        try:
            return self._call.make(request)
        except CallFailed as failed:
            raise self.unavailable() from failed

    def unavailable(self) -> DatabaseUnavailable:
        """Write the ERROR line that says which call failed, and return the failure to raise."""
        fields = self._call.fields
        # After a lost attempt, a refusal is not what has failed.
        error = self._call.lost_error or fields["aws_error"]
        logs.logger().error("A call of AWS failed", extra=fields | {"aws_error": error})
        if self.lost:
            return OutcomeUnknown(AGAIN)
        return (TransactionCollided if error in CONFLICTS else DatabaseUnavailable)(AGAIN)


def _judged(error: ClientError) -> Judgement:
    code = error.response["Error"]["Code"]
    reasons = {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ())}
    if CONDITION_FAILED in reasons:
        return Judgement(Fate.FINAL)
    if code in CONFLICTS or CONFLICT in reasons:
        return Judgement(Fate.REJECTED, CONFLICT_ATTEMPTS)
    if code in LOST:
        return Judgement(Fate.LOST)
    if code in REJECTED or THROTTLES.intersection(reasons):
        return Judgement(Fate.REJECTED)
    return aws_calls.judged(error)
