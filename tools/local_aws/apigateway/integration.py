"""API Gateway's call of a Lambda function, and the conversion of its outcome to a response.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html. Lambda
responds 200 to the gateway even if the function failed:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

import asyncio
import json
import logging
import time

from local_aws.apigateway import events
from local_aws.apigateway.answer import Answer, Integration, refusal
from local_aws.apigateway.events import AnswerError
from local_aws.awslambda.invocation import Outcome

_NOT_PERMITTED = (
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. "
    "Check the permissions and try again."
)

_logger = logging.getLogger(__name__)


async def answered(outcome: asyncio.Future[Outcome], request_id: str, seconds: float) -> Answer:
    """Wait at most `seconds` for an invocation's outcome; the invocation goes on afterwards."""
    began = time.perf_counter()
    await asyncio.wait({outcome}, timeout=seconds)
    latency = round((time.perf_counter() - began) * 1000)
    if not outcome.done() or outcome.cancelled():
        waited = Integration(request_id, latency, error="Endpoint request timed out")
        return refusal(503, "Service Unavailable", "INTEGRATION_TIMEOUT", waited)
    return _answer(outcome.result(), request_id, latency)


def not_permitted(request_id: str) -> Answer:
    """Return the response for a function whose resource policy does not permit the API to call it."""
    refused = Integration(request_id, 0, 403, error=_NOT_PERMITTED)
    return refusal(500, "Internal Server Error", "INTEGRATION_FAILURE", refused)


def _answer(outcome: Outcome, request_id: str, latency: int) -> Answer:
    if outcome.throttled:
        throttled = Integration(request_id, latency, 429, error=_message(outcome))
        return refusal(429, "Too Many Requests", "THROTTLED", throttled)
    if outcome.error_type is not None:
        text = f"The Lambda function returned the following error: {_message(outcome)}"
        failed = Integration(
            request_id, latency, 200, error=f"{text.removesuffix('.')}. Check your Lambda function code and try again."
        )
        return refusal(500, "Internal Server Error", "INTEGRATION_FAILURE", failed)
    try:
        response = events.response(outcome.payload)
    except AnswerError as error:
        _logger.warning("the function's response is malformed: %s", error)
        text = f"The response from the Lambda function doesn't match the format that API Gateway expects: {error}."
        return refusal(
            500, "Internal Server Error", "INTEGRATION_FAILURE", Integration(request_id, latency, 200, error=text)
        )
    return Answer(response, integration=Integration(request_id, latency, 200, response.status))


def _message(outcome: Outcome) -> str:
    try:
        return str(json.loads(outcome.payload)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return str(outcome.error_type)
