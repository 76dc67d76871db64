"""The gateway's response to a request, with the details for its access log."""

from dataclasses import dataclass, replace

from local_aws.apigateway import events
from local_aws.apigateway.events import Response


@dataclass(frozen=True, slots=True)
class Integration:
    """A call of a function.

    Attributes:
        request_id: Lambda's.
        latency: Milliseconds until the gateway had the response or stopped waiting.
        lambda_status: Lambda's status, also when the function failed; None when the gateway stopped waiting.
        status: The function's `statusCode`, when it is valid or not needed.
        error: The error in API Gateway's words, as far as these are known.
    """

    request_id: str
    latency: int
    lambda_status: int | None = None
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; with `error_type` it is the gateway's own, with the text `error`, and the reason of an authorizer.

    Types: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
    """

    response: Response
    error: str | None = None
    error_type: str | None = None
    integration: Integration | None = None
    authorizer_error: str | None = None


def refusal(
    status: int,
    text: str,
    error_type: str,
    integration: Integration | None = None,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    authorizer_error: str | None = None,
) -> Answer:
    """Return a response of the gateway itself, with additional headers."""
    response = events.message(status, text)
    own = replace(response, headers=(*response.headers, *headers))
    return Answer(own, text, error_type, integration, authorizer_error)
