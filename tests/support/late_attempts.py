"""Writes that DynamoDB gets long after they were sent, on moto in this process."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient


@contextmanager
def late_writes(client: "DynamoDBClient") -> Iterator[Callable[[], int]]:
    """Let each write of the client time out inside the context, and yield a function that lets them arrive.

    The function returns how many of them were refused.
    """
    held: list[Callable[[], object]] = []

    def hold(model: "OperationModel", params: dict[str, Any], **_: object) -> None:
        if model.name not in {"GetItem", "Query"}:
            request = json.loads(params["body"])
            held.append(lambda: getattr(client, xform_name(model.name))(**request))
            raise ReadTimeoutError(endpoint_url=params["url"])

    def arrive() -> int:
        refused = 0
        for write in held:
            try:
                write()
            except (
                client.exceptions.ConditionalCheckFailedException,
                client.exceptions.TransactionCanceledException,
            ):
                refused += 1
        return refused

    events: Any = client.meta.events
    events.register("before-call.dynamodb", hold)
    try:
        yield arrive
    finally:
        events.unregister("before-call.dynamodb", hold)
