"""AWS's responses to calls that fail, in the protocol of the request.

DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html; the prefixes of its codes
are those of published responses. Secrets Manager:
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html.
Others: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

import json
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from local_aws.faults.fault import Kind

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
_CONFLICT = "Transaction is ongoing for the item"
_CAPACITY = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_TRANSACTIONS = {"TransactGetItems", "TransactWriteItems"}


@dataclass(frozen=True, slots=True)
class AwsError:
    """A response to a failed call: its code with the prefix that the service uses, the message, and the status.

    `details` are further members of a JSON body. Services write the message's member in one of two ways.
    """

    code: str
    message: str
    status: int = 400
    member: str = "message"
    details: dict[str, Any] = field(default_factory=dict)

    def answer(self, *, targeted: bool, content_type: str) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status line, headers and body.

        Args:
            targeted: Whether the request has an X-Amz-Target, so that the protocol is AWS JSON.
            content_type: The request's.
        """
        name, identity = self.code.rpartition("#")[2], str(uuid.uuid4())
        headers = [("x-amzn-RequestId", identity)]
        if targeted:
            body = json.dumps({"__type": self.code, self.member: self.message, **self.details})
            headers += [("Content-Type", content_type)]
        elif content_type.startswith("application/x-www-form-urlencoded"):
            kind = "Receiver" if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Sender"
            error = f"<Error><Type>{kind}</Type><Code>{name}</Code><Message>{escape(self.message)}</Message></Error>"
            body = f"<ErrorResponse>{error}<RequestId>{identity}</RequestId></ErrorResponse>"
            headers += [("Content-Type", "text/xml")]
        else:
            body = json.dumps({self.member: self.message})
            headers += [("Content-Type", "application/json"), ("x-amzn-ErrorType", name)]
        content = body.encode()
        status = f"{self.status} {HTTPStatus(self.status).phrase}"
        return status, [*headers, ("Content-Length", str(len(content)))], content


_THROTTLES = {
    "dynamodb": AwsError("com.amazon.coral.availability#ThrottlingException", _CAPACITY),
    "lambda": AwsError("TooManyRequestsException", "Rate Exceeded.", 429, "Message"),
    "xray": AwsError("ThrottledException", "Rate exceeded", 429, "Message"),
}
_QUERY_THROTTLE = AwsError("Throttling", "Rate exceeded")
_THROTTLE = AwsError("ThrottlingException", "Rate exceeded")
_ERRORS = {
    "dynamodb": AwsError(f"{_DYNAMODB}InternalServerError", "Internal server error", 500),
    "lambda": AwsError("ServiceException", "An internal error occurred.", 500, "Message"),
    "secretsmanager": AwsError("InternalServiceError", "An error occurred on the server side.", 500, "Message"),
}
_CANCELLATIONS = {Kind.THROTTLE: ("ThrottlingError", _CAPACITY), Kind.CONFLICT: ("TransactionConflict", _CONFLICT)}
_OTHERS = {
    Kind.IN_PROGRESS: AwsError(
        f"{_DYNAMODB}TransactionInProgressException",
        "The transaction with the given request token is already in progress.",
        member="Message",
    ),
    Kind.CONFLICT: AwsError(f"{_DYNAMODB}TransactionConflictException", _CONFLICT),
    Kind.TABLE_MISSING: AwsError(f"{_DYNAMODB}ResourceNotFoundException", "Requested resource not found"),
    Kind.SECRET_MISSING: AwsError(
        "ResourceNotFoundException", "Secrets Manager can't find the specified secret.", member="Message"
    ),
}
_ERROR = AwsError("InternalFailure", "The request processing has failed because of an unknown error.", 500)


def error_of(kind: Kind, service: str, operation: str, body: bytes, *, content_type: str = "") -> AwsError | None:
    """Return AWS's response to a call that fails in this way, or None for a kind that is no response of AWS.

    Args:
        kind: Of the fault.
        service: The service's SigV4 signing name.
        operation: Of the service.
        body: Of the request.
        content_type: Of the request.
    """
    if operation in _TRANSACTIONS and kind in _CANCELLATIONS:
        return _cancelled(body, *_CANCELLATIONS[kind])
    if kind is Kind.THROTTLE:
        is_query = content_type.startswith("application/x-www-form-urlencoded")
        return _THROTTLES.get(service, _QUERY_THROTTLE if is_query else _THROTTLE)
    return _ERRORS.get(service, _ERROR) if kind is Kind.ERROR else _OTHERS.get(kind)


def _cancelled(body: bytes, code: str, message: str) -> AwsError:
    """Return the cancellation of a transaction because of its first item."""
    others = len(json.loads(body)["TransactItems"]) - 1
    codes = ", ".join([code, *["None"] * others])
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    reasons = [{"Code": code, "Message": message}, *[{"Code": "None"}] * others]
    kind = f"{_DYNAMODB}TransactionCanceledException"
    return AwsError(kind, text, member="Message", details={"CancellationReasons": reasons})
