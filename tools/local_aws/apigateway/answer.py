"""The gateway's response to a request, with the details for its access log."""

from dataclasses import dataclass

from local_aws.apigateway import events
from local_aws.apigateway.events import Response


@dataclass(frozen=True, slots=True)
class Integration:
    """A call of a function.

    Attributes:
        request_id: Lambda's.
        latency: Milliseconds until the gateway had the answer, or waited no longer.
        lambda_status: What Lambda answered, also where its function failed; None when nobody waited for it.
        status: The function's `statusCode`, where it gave one that can be used or none was needed.
        error: What went wrong, in API Gateway's words as far as these are known.
    """

    request_id: str
    latency: int
    lambda_status: int | None = None
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; with `error_type` it is the gateway's own, with the text `error`.

    Types: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
    """

    response: Response
    error: str | None = None
    error_type: str | None = None
    integration: Integration | None = None


def refusal(status: int, text: str, error_type: str, integration: Integration | None = None) -> Answer:
    """Return a response of the gateway itself."""
    return Answer(events.message(status, text), text, error_type, integration)
