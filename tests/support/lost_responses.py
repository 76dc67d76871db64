"""Calls of DynamoDB that are applied although their response is lost, on moto in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Parsed = dict[str, Any]


class LostResponses:
    """Loses responses of a client's calls after DynamoDB has applied them.

    It also knows the tokens of transactions, which moto ignores in this process: one that was applied is not applied
    again. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._lost: frozenset[int] = frozenset()
        self._sent = 0
        self._token: str | None = None
        self._applied: set[str] = set()
        events: Any = client.meta.events
        events.register("before-call.dynamodb", self._begin)
        events.register("before-parse.dynamodb", self._end)

    @contextmanager
    def losing(self, *numbers: int) -> Iterator[None]:
        """Lose the responses of the calls with these numbers, of which the next one is 1."""
        self._sent, self._lost = 0, frozenset(numbers)
        try:
            yield
        finally:
            self._lost = frozenset()

    def _begin(self, params: dict[str, Any], **_: object) -> tuple[AWSResponse, Parsed] | None:
        self._token = json.loads(params["body"]).get("ClientRequestToken")
        self._sent += 1
        if self._token not in self._applied:
            return None
        if self._sent in self._lost:
            raise self._timeout()
        return AWSResponse("", HTTPStatus.OK, HTTPHeaders(), None), {
            "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.OK}
        }

    def _end(self, response_dict: dict[str, Any], **_: object) -> None:
        if self._token is not None and response_dict["status_code"] == HTTPStatus.OK:
            self._applied.add(self._token)
        if self._sent in self._lost:
            raise self._timeout()

    @staticmethod
    def _timeout() -> ReadTimeoutError:
        return ReadTimeoutError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com")
