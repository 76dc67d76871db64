"""A route that calls DynamoDB, and the responses that DynamoDB gives."""

import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from common.lambda_handler import Handler
from common.dynamodb.client import DynamoCall
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET = "s3cr3t-of-a-person"
KEY = {"pk": {"S": SECRET}}
THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}
ITEM: Any = {"TableName": "things", "Key": KEY}


class Body(io.BytesIO):
    """The body of a response, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class Route:
    """The work of the route under test, its DynamoDB client, and the responses that DynamoDB gives."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.client = client
        self.work: Callable[[], Any] = lambda: None
        self.responses: list[tuple[int, dict[str, Any]] | Exception] = []
        events: Any = client.meta.events
        events.register("before-send", self._respond)

    def _respond(self, **_: Any) -> AWSResponse:
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        status, body = response
        headers = HTTPHeaders.from_dict({"x-amzn-RequestId": "r-1"})
        return AWSResponse("http://dynamodb", status, headers, Body(json.dumps(body).encode()))

    def add_error(self, code: str, *reasons: str, status: int = 400) -> None:
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"about {SECRET}"}
        cancelled = {"CancellationReasons": [{"Code": reason} for reason in reasons]} if reasons else {}
        self.responses.append((status, body | cancelled))

    def read(self) -> None:
        DynamoCall(self.client, "get_item", lambda _: None).make(ITEM)

    def write(self) -> None:
        writes = [{"Delete": ITEM}, {"Delete": ITEM}]
        DynamoCall(self.client, "transact_write_items", lambda _: None).make({"TransactItems": writes})


def get(handler: Handler, path: str) -> int:
    status: int = handler(http_event("GET", path), FakeLambdaContext())["statusCode"]
    return status


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work
